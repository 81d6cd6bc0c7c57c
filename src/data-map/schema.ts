import { z } from 'zod';
import { PROFILE_NAMES, profileFor } from '../erasure/profile.ts';
import { findContradictions } from './overlaps.ts';

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
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
/** Counts are kept under it: neither a dot, which MongoDB reads as a path, nor a word every object knows. */
const isName = (text: string) => NAME.test(text) && !(text in {});
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

/** What a field or a record is; a profile says what becomes of each. */
export const FIELD_CATEGORIES = [
  'number',
  'body',
  'name',
  'email',
  'custom',
  'caller_id',
  'transcript',
  'recording',
  'note',
  'tag',
  'visitor',
  'form',
  'other',
] as const;
export const RECORD_CATEGORIES = [
  'contact',
  'message',
  'scheduled',
  'call',
  'chat',
  'form',
  'lookup',
  'resource',
  'suppression',
  'other',
] as const;
/** What a transaction id may belong to (the redact contract's products). */
export const PRODUCTS = ['sms', 'voice', 'number-insight', 'verify', 'verify-sdk', 'messages'] as const;
export const DIRECTIONS = ['outbound', 'inbound'] as const;
export const INTERACTION_KINDS = ['call', 'text', 'chat', 'form'] as const;
export const RESOURCES = ['leg', 'media', 'user', 'event'] as const;
export const VALUE_TYPES = ['string', 'list', 'object', 'any'] as const;
/** What searches and reports tell of a record beside its id, time and direction. */
export const COLUMNS = ['from', 'to', 'status', 'network', 'price', 'currency', 'client_ref', 'closed_at'] as const;

export type FieldCategory = (typeof FIELD_CATEGORIES)[number];
export type Product = (typeof PRODUCTS)[number];
export type Direction = (typeof DIRECTIONS)[number];
export type InteractionKind = (typeof INTERACTION_KINDS)[number];
export type Resource = (typeof RESOURCES)[number];
export type Column = (typeof COLUMNS)[number];
export type RecordCategory = (typeof RECORD_CATEGORIES)[number];

const strategy = z.union([
  z.enum(['mask', 'clear', 'empty', 'token', 'keep', 'delete']),
  z.strictObject({
    replace: z
      .string()
      .max(200)
      .refine((text) => !/\d{5}/.test(text), 'must not hold a number'),
  }),
]);
export type Strategy = z.output<typeof strategy>;

const field = z.strictObject({
  path,
  category: z.enum(FIELD_CATEGORIES),
  /** What the field holds: decides what `empty` and `replace` write. */
  type: z.enum(VALUE_TYPES).default('string'),
});

/** The innermost array a path goes through, `''` for none: `contacts[].number` -> `contacts[]`. */
const arrayOf = (text: string): string => (text.includes('[]') ? text.slice(0, text.lastIndexOf('[]') + 2) : '');

/** `_id` and what is inside it: MongoDB lets nobody change them. */
const isDocumentId = (text: string) => text === '_id' || text.startsWith('_id.');

/** What Lethe writes into a row of the suppression list beside the number. */
const SUPPRESSION_FIELDS = ['_id', 'token', 'masked', 'reason', 'created_at'];

const scalar = z.union([z.string().max(200), z.number(), z.boolean()]);

const collection = z
  .strictObject({
    /** What counts and reports call it; the collection's own name unless given. */
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
    /** Records that are still to be acted on: looked at, never changed, and waited for. */
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
    /** What else the log of interactions shows of a record that was redacted. */
    log: z
      .strictObject({ status: plainPath.optional(), source: plainPath.optional(), flow: plainPath.optional() })
      .optional(),
    /** What searches and reports tell of it, and where it stands. */
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
  .superRefine((entry, context) => {
    const inside = (text: string) =>
      entry.elements === undefined || text === entry.elements || text.startsWith(`${entry.elements}.`);
    entry.numbers.forEach((text, index) => {
      if (!inside(text))
        context.addIssue({ code: 'custom', path: ['numbers', index], message: `must lie inside ${entry.elements}` });
    });
    entry.fields.forEach((one, index) => {
      if (!inside(one.path))
        context.addIssue({
          code: 'custom',
          path: ['fields', index, 'path'],
          message: `must lie inside ${entry.elements}`,
        });
      if (isDocumentId(one.path))
        context.addIssue({ code: 'custom', path: ['fields', index, 'path'], message: 'cannot be changed' });
    });
    for (const issue of [...missingParts(entry), ...lostParts(entry)]) context.addIssue({ code: 'custom', ...issue });
    const places = [
      { at: ['account'], path: entry.account },
      ...(entry.pending ? [{ at: ['pending', 'path'], path: entry.pending.path }] : []),
      ...(entry.pending ? [{ at: ['pending', 'at'], path: entry.pending.at }] : []),
      ...(entry.id && entry.id !== '_id' ? [{ at: ['id'], path: entry.id }] : []),
      ...(entry.at && entry.at !== entry.pending?.at ? [{ at: ['at'], path: entry.at }] : []),
      ...(entry.redacted ? [{ at: ['redacted'], path: entry.redacted }] : []),
      ...(entry.conversation ? [{ at: ['conversation'], path: entry.conversation }] : []),
      ...(typeof entry.direction === 'object' ? [{ at: ['direction', 'path'], path: entry.direction.path }] : []),
      ...entry.numbers.map((text, index) => ({ at: ['numbers', index], path: text })),
      ...entry.fields.map((one, index) => ({ at: ['fields', index, 'path'], path: one.path })),
    ];
    for (const { at, message } of findContradictions(places))
      context.addIssue({ code: 'custom', path: [...at], message });
    if (entry.name === undefined && !isName(entry.collection))
      context.addIssue({
        code: 'custom',
        path: ['collection'],
        message: 'needs a name beside it: counts cannot be kept under this one',
      });
    const arrays = new Set(entry.numbers.map(arrayOf));
    for (const [index, one] of entry.fields.entries()) {
      const array = arrayOf(one.path);
      if (array !== '' && !arrays.has(array)) {
        context.addIssue({
          code: 'custom',
          path: ['fields', index, 'path'],
          message: 'must be in the record, or in the same array as a number',
        });
      }
    }
    if (entry.record === 'suppression') {
      if (entry.numbers.length !== 1 || entry.numbers[0]?.includes('[]') || entry.numbers[0]?.includes('.')) {
        context.addIssue({
          code: 'custom',
          path: ['numbers'],
          message: 'a suppression list has one plain number field',
        });
      }
      for (const [at, text] of [
        ['numbers', entry.numbers[0]],
        ['account', entry.account],
      ] as const) {
        if (text !== undefined && SUPPRESSION_FIELDS.includes(text))
          context.addIssue({
            code: 'custom',
            path: at === 'numbers' ? ['numbers', 0] : ['account'],
            message: `${text} is written by Lethe itself in a suppression list`,
          });
      }
      if (entry.elements || entry.pending)
        context.addIssue({
          code: 'custom',
          path: [],
          message: 'a suppression list has no elements and nothing pending',
        });
    } else if (entry.suppression) {
      context.addIssue({ code: 'custom', path: ['suppression'], message: 'is only for record: suppression' });
    }
  });

/** What an entry says it serves, and lacks for it. */
function missingParts(entry: {
  numbers: string[];
  fields: { path: string }[];
  id?: string | undefined;
  at?: string | undefined;
  redacted?: string | undefined;
  retention_months?: number | undefined;
  products?: unknown;
  interaction?: unknown;
  resource?: unknown;
}): { path: string[]; message: string }[] {
  const issues: { path: string[]; message: string }[] = [];
  const byId = entry.products !== undefined || entry.interaction !== undefined || entry.resource !== undefined;
  const need = (missing: boolean, path: string, message: string) => {
    if (missing) issues.push({ path: path === '' ? [] : [path], message });
  };
  need(entry.numbers.length === 0 && entry.resource === undefined, 'numbers', 'needs at least one path');
  need(byId && entry.id === undefined, '', 'products, interaction and resource need id');
  need(
    (entry.products || entry.interaction) !== undefined && entry.at === undefined,
    '',
    'products and interaction need at',
  );
  need(entry.interaction !== undefined && entry.redacted === undefined, '', 'interaction needs redacted');
  need(entry.retention_months !== undefined && entry.at === undefined, '', 'retention_months needs at');
  const paths = [...entry.numbers, ...entry.fields.map((one) => one.path)];
  need(
    byId && paths.some((text) => text.includes('[]')),
    '',
    'records found by their id cannot have paths through an array',
  );
  return issues;
}

/** What an entry says it keeps, and does not. */
function lostParts(entry: {
  numbers: string[];
  fields: { path: string }[];
  direction?: unknown;
  own_number?: string | { inbound: string; outbound: string } | undefined;
  log?: Partial<Record<'status' | 'source' | 'flow', string | undefined>> | undefined;
}): { path: string[]; message: string }[] {
  const { own_number: own, log = {} } = entry;
  const erased = [...entry.numbers, ...entry.fields.map((one) => one.path)];
  const isErased = (text: string) =>
    erased.some((one) => one === text || text.startsWith(`${one}.`) || one.startsWith(`${text}.`));
  const issues = Object.entries(log).flatMap(([name, text]) =>
    text !== undefined && isErased(text) ? [{ path: ['log', name], message: 'is erased: it cannot be kept' }] : [],
  );
  if (typeof own === 'string' && isErased(own))
    issues.push({ path: ['own_number'], message: 'is erased: say in which direction it is kept' });
  if (typeof own === 'object' && typeof entry.direction !== 'object')
    issues.push({ path: ['own_number'], message: 'needs a direction that is told by a field' });
  return issues;
}

const profileOverride = z.strictObject({
  records: z.partialRecord(z.enum(RECORD_CATEGORIES), z.enum(['keep', 'delete'])).optional(),
  fields: z
    .partialRecord(z.enum(FIELD_CATEGORIES), strategy)
    .superRefine((fields, context) => {
      // A number that is kept is found again by every look: no request would ever be completed.
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

/** What reports call a mapped collection. */
export function nameOf(entry: CollectionMap): string {
  return entry.name ?? entry.collection;
}
