import { z } from 'zod';
import { FIELD_CATEGORIES, PROFILE_NAMES, RECORD_CATEGORIES } from './categories.ts';
import { COLUMNS, INTERACTION_KINDS, RESOURCES } from './schema.ts';
import { strategy } from './strategies.ts';
import { name, scalar } from './words.ts';

/**
 * The keys of an entry that both versions have in common.
 * @param plainPath what the version takes for a field of the record itself
 */
export function sharedKeys(plainPath: z.ZodType<string, string>) {
  return {
    /** What counts and reports call it; the collection's own name unless given. */
    name: name.optional(),
    record: z.enum(RECORD_CATEGORIES),
    /** Scheduled messages: never changed before they are sent. An erasure waits for them. */
    pending: z.strictObject({ path: plainPath, values: z.array(scalar).min(1).max(20), at: plainPath }).optional(),
    /** The id that customers know the record by. */
    id: plainPath.optional(),
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
  };
}

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

/** Changes to a built-in profile, e.g. `forget: { fields: { email: keep } }`. */
export const profiles = z.partialRecord(z.enum(PROFILE_NAMES), profileOverride).default({});
