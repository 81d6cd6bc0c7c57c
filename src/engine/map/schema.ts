import { z } from 'zod';
import { FIELD_CATEGORIES, PROFILE_NAMES, RECORD_CATEGORIES } from './categories.ts';
import { checkEntry, isDocumentId, isName } from './collection-rules.ts';
import { profileFor } from './profile.ts';
import { strategy } from './strategies.ts';

/**
 * The data map says where personal data lives. Paths are dotted; `[]` after a name means "each element of this array"
 * (`contacts[].number`).
 */
const PATH = /^(?!\$)[^.$[\]\s]+(\[\])?(\.(?!\$)[^.$[\]\s]+(\[\])?)*$/;
const path = z
  .string()
  .max(200)
  .regex(PATH, 'must be a field path such as to, contact.phone or contacts[].number')
  .refine(
    (text) => !/(^|\.)(__proto__|constructor|prototype)(\[\])?(\.|$)/.test(text),
    'names a field that no record can have',
  );
const plainPath = path.refine((text) => !text.includes('[]'), 'must not go through an array');
const name = z.string().refine(isName, 'must be letters, digits, _ or -, and no word of JavaScript objects');
const collectionName = z
  .string()
  .min(1)
  .max(120)
  .refine(
    (text) => !text.includes('$') && !text.includes('\0') && !text.startsWith('system.'),
    'is not a collection name',
  )
  .refine((text) => !text.startsWith('lethe_'), "is one of Lethe's own collections");

/** What a transaction id may belong to (the redact contract's products). */
export const PRODUCTS = ['sms', 'voice', 'number-insight', 'verify', 'verify-sdk', 'messages'] as const;
export const DIRECTIONS = ['outbound', 'inbound'] as const;
export const INTERACTION_KINDS = ['call', 'text', 'chat', 'form'] as const;
const RESOURCES = ['leg', 'media', 'user', 'event'] as const;
const VALUE_TYPES = ['string', 'list', 'object', 'any'] as const;
/** Further columns of searches and reports, beside id, time and direction. */
const COLUMNS = ['from', 'to', 'status', 'network', 'price', 'currency', 'client_ref', 'closed_at'] as const;

export type Product = (typeof PRODUCTS)[number];
export type Direction = (typeof DIRECTIONS)[number];
export type InteractionKind = (typeof INTERACTION_KINDS)[number];
export type Resource = (typeof RESOURCES)[number];

const field = z.strictObject({
  path,
  category: z.enum(FIELD_CATEGORIES),
  /** The type of its values: decides what `empty` and `replace` write. */
  type: z.enum(VALUE_TYPES).default('string'),
});

const scalar = z.union([z.string().max(200), z.number(), z.boolean()]);

const collection = z
  .strictObject({
    /** Its name in `erased` and in reports; the collection's own name unless given. */
    name: name.optional(),
    collection: collectionName,
    /** The field that holds the account. */
    account: plainPath,
    record: z.enum(RECORD_CATEGORIES),
    /** The array whose elements are the records; without it the documents are. */
    elements: path.refine((text) => text.endsWith('[]'), 'must end in []').optional(),
    /** Every place where the data subject's number may stand. */
    numbers: z.array(path).max(20),
    fields: z.array(field).max(100).default([]),
    /** Scheduled messages: never changed before they are sent. An erasure waits for them. */
    pending: z.strictObject({ path: plainPath, values: z.array(scalar).min(1).max(20), at: plainPath }).optional(),
    /** The id that customers know the record by. */
    id: plainPath.optional(),
    /** When it happened: a date. */
    at: plainPath.optional(),
    /** The products whose transaction ids are found here. */
    products: z.array(z.enum(PRODUCTS)).min(1).max(10).optional(),
    /** Which way it went: always the same, or told by a field that holds `outbound` or `inbound`. */
    direction: z.union([z.enum(DIRECTIONS), z.strictObject({ path: plainPath })]).optional(),
    /** Its kind in the log of interactions. */
    interaction: z.enum(INTERACTION_KINDS).optional(),
    /** The resource that the product APIs list and delete. */
    resource: z.enum(RESOURCES).optional(),
    /** The conversation or call it belongs to. */
    conversation: plainPath.optional(),
    /** Where Lethe notes when it redacted the record. */
    redacted: plainPath.optional(),
    /** Where the account's own number stands, always or by the record's direction: redacting an interaction keeps it. */
    own_number: z.union([plainPath, z.strictObject({ inbound: plainPath, outbound: plainPath })]).optional(),
    /** Further fields that the log of interactions shows of a redacted record. */
    log: z
      .strictObject({ status: plainPath.optional(), source: plainPath.optional(), flow: plainPath.optional() })
      .optional(),
    /** Where the columns of searches and reports are read from. */
    columns: z.partialRecord(z.enum(COLUMNS), plainPath).optional(),
    /** Months after which its records are deleted, whatever is set elsewhere; 0: never. */
    retention_months: z.number().int().min(0).max(1200).optional(),
    /** Only for record: suppression. */
    suppression: z
      .strictObject({
        /** Keep the number itself after an erasure, because the platform's own send path reads it from here. */
        keep_number: z.boolean().default(false),
      })
      .optional(),
  })
  .superRefine(checkEntry);

const profileOverride = z.strictObject({
  records: z.partialRecord(z.enum(RECORD_CATEGORIES), z.enum(['keep', 'delete'])).optional(),
  fields: z
    .partialRecord(z.enum(FIELD_CATEGORIES), strategy)
    .superRefine((fields, context) => {
      // Verification would find a kept number every time: no request would ever be completed.
      if (fields.number === 'keep')
        context.addIssue({ code: 'custom', path: ['number'], message: 'cannot be kept: it is what is erased' });
    })
    .optional(),
});

export const dataMapSchema = z
  .strictObject({
    version: z.literal(1),
    collections: z.array(collection).min(1).max(200),
    /** Changes to a built-in profile, e.g. `forget: { fields: { email: keep } }`. */
    profiles: z.partialRecord(z.enum(PROFILE_NAMES), profileOverride).default({}),
  })
  .superRefine((map, context) => {
    const seen = new Set<string>();
    map.collections.forEach((entry, index) => {
      const called = entry.name ?? entry.collection;
      if (seen.has(called))
        context.addIssue({ code: 'custom', path: ['collections', index, 'name'], message: `${called} stands twice` });
      seen.add(called);
    });
    const searched = new Set<string>();
    map.collections.forEach((entry, index) => {
      const kept = profileFor('forget', map).records[entry.record] === 'keep';
      entry.numbers.forEach((text, place) => {
        const path = ['collections', index, 'numbers', place];
        const key = `${entry.collection}\0${text}`;
        if (searched.has(key)) context.addIssue({ code: 'custom', path, message: 'is mapped already' });
        searched.add(key);
        if (isDocumentId(text) && kept)
          context.addIssue({
            code: 'custom',
            path,
            message: `cannot be changed, and a ${entry.record} is kept: only records that are deleted may be known by it`,
          });
      });
    });
    const retention = profileFor('retention', map);
    map.collections.forEach((entry, index) => {
      if (entry.retention_months && retention.records[entry.record] !== 'delete')
        context.addIssue({
          code: 'custom',
          path: ['collections', index, 'retention_months'],
          message: `is never reached: retention leaves every ${entry.record} alone`,
        });
    });
    if (map.profiles.retention?.fields)
      context.addIssue({
        code: 'custom',
        path: ['profiles', 'retention', 'fields'],
        message: 'are not changed by retention: it deletes records, or leaves them alone',
      });
    const lists = map.collections.filter((entry) => entry.record === 'suppression').length;
    if (lists !== 1)
      context.addIssue({
        code: 'custom',
        path: ['collections'],
        message: `needs exactly one with record: suppression, has ${lists}`,
      });
  });

export type DataMap = z.output<typeof dataMapSchema>;
export type CollectionMap = DataMap['collections'][number];
export type DataMapInput = z.input<typeof dataMapSchema>;

/** The collection's name in `erased` and in reports. */
export function nameOf(entry: CollectionMap): string {
  return entry.name ?? entry.collection;
}
