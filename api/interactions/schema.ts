import { z } from 'zod';
import { InteractionFault } from '../../src/contracts/interactions/faults.ts';
import { DIRECTIONS, INTERACTION_KINDS } from '../../src/engine/map/schema.ts';
import { AUTOMATIC } from '../../src/ledger/accounts/accounts.ts';
import { firstMoment, isTimeZone } from '../../src/lib/calendar.ts';
import { parseE164 } from '../../src/phone/number.ts';
import { fieldsOf, nameFaults, pageCursor, wholeNumber } from '../http/fields.ts';
import { MOMENT_RULE, readMoment } from '../http/moments.ts';
import { readCursor } from './cursor.ts';

const flag = z.boolean({ error: 'must be true or false' });

export const settingsSchema = z.strictObject({
  allow_sub_accounts: flag.optional().meta({ description: 'Only an agency: its sub-accounts may redact' }),
  manual: flag.optional().meta({ description: 'Interactions may be redacted by hand' }),
  automatic: z
    .literal(AUTOMATIC, { error: 'must be "off", "daily", 30, 60 or 90' })
    .optional()
    .meta({ description: 'At the end of each day of the account, or so many days later' }),
  time_zone: z
    .string({ error: 'must be a name of the IANA database, e.g. Europe/London' })
    .max(64, 'must be a name of the IANA database, e.g. Europe/London')
    .refine(isTimeZone, 'must be a name of the IANA database, e.g. Europe/London')
    .optional(),
});

export const redactSchema = z.strictObject({
  redact_content: flag.default(false).meta({ description: 'Redact this interaction, now' }),
  redact_past: flag.default(false).meta({ description: 'Redact every earlier interaction with the same contact' }),
  understood: z.literal(true, { error: 'must be true: redacted data cannot be recovered' }),
});

const kind = z.enum(INTERACTION_KINDS, { error: `must be ${INTERACTION_KINDS.join(', ')}` }).optional();
const direction = z.enum(DIRECTIONS, { error: `must be ${DIRECTIONS.join(' or ')}` }).optional();

const time = z
  .string({ error: MOMENT_RULE })
  .refine((text) => readMoment(text, 'utc') !== null, MOMENT_RULE)
  .optional();

export const accountParams = z.object({ account: z.string() });
export const interactionParams = accountParams.extend({ interaction: z.string() });
export const referenceParams = accountParams.extend({ reference: z.string() });

const period = {
  kind,
  from: time.meta({ description: "A day begins in the account's time zone" }),
  to: time.meta({ description: 'A day is part of the period; a moment is not' }),
};

export const figuresSchema = z.object(period);

const contact = z
  .string({ error: 'must be a possible phone number, country code first' })
  .transform((text, context) => {
    const parsed = parseE164(`+${text.replace(/^\+/, '')}`);
    if (parsed.ok) return parsed.number;
    context.addIssue({ code: 'custom', message: 'must be a possible phone number, country code first' });
    return z.NEVER;
  });
const words = z.string({ error: 'must be a text' }).trim().min(1, 'must not be empty').max(100, 'is too long');

export const logSchema = z.object({
  ...period,
  redacted: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((text) => text === 'true')
    .optional(),
  limit: wholeNumber(1, 200).optional(),
  cursor: pageCursor(readCursor).optional(),
});

/** The log's questions in a body: an address must hold no number. */
export const searchSchema = z.strictObject({
  ...logSchema.shape,
  redacted: flag.optional(),
  contact: contact
    .optional()
    .meta({ type: 'string', description: 'The number of the other party, country code first' }),
  tracking_number: words.optional().meta({ description: "The account's own number" }),
  status: words.optional(),
  source: words.optional(),
  tag: words.optional(),
});

export const narrowSchema = z.object({ kind, direction });

/**
 * The moments of a period in an account's time zone: from the first (inclusive) to the last (exclusive).
 * @throws InteractionFault `bad_field` when the period ends before it begins
 */
export function readPeriod(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  timeZone: string,
): { from?: Date; to?: Date } {
  const first = from === undefined ? undefined : edge(from, timeZone, 0);
  const last = to === undefined ? undefined : edge(to, timeZone, 1);
  if (first && last && first >= last) throw new InteractionFault('bad_field', 'to must be later than from');
  return { ...(first && { from: first }), ...(last && { to: last }) };
}

/** @param days added to a bare day: 1 for the end of a period, of which the day is a part */
function edge(text: string, timeZone: string, days: number): Date {
  const read = readMoment(text, timeZone);
  if (!read) throw new RangeError('no such time zone or moment');
  return (read.isDay ? firstMoment(read.at.set({ hour: 12 }).plus({ days })) : read.at).toJSDate();
}

/**
 * Checks the fields of a body or a query.
 * @throws LetheError `bad_input` when it is no object of fields; InteractionFault `bad_field` naming the fields and the
 * rules, never the values
 */
export function checkRules<Schema extends z.ZodType>(schema: Schema, fields: unknown): z.output<Schema> {
  const result = schema.safeParse(fieldsOf(fields));
  if (result.success) return result.data;
  throw new InteractionFault('bad_field', nameFaults(result.error));
}
