import { DateTime } from 'luxon';
import { z } from 'zod';
import { LetheError } from '../../src/base/errors.ts';
import { InteractionFault } from '../../src/contracts/interactions/faults.ts';
import { readCursor } from '../../src/contracts/interactions/log.ts';
import { DIRECTIONS, INTERACTION_KINDS } from '../../src/engine/map/schema.ts';
import { AUTOMATIC, isTimeZone } from '../../src/ledger/accounts/accounts.ts';
import { firstMoment } from '../../src/lib/calendar.ts';

const flag = z.boolean({ error: 'must be true or false' });

export const settingsSchema = z.object({
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

export const redactSchema = z.object({
  redact_content: flag.default(false).meta({ description: 'Redact this interaction, now' }),
  redact_past: flag.default(false).meta({ description: 'Redact every earlier interaction with the same contact' }),
  understood: z.literal(true, { error: 'must be true: redacted data cannot be recovered' }),
});

const kind = z.enum(INTERACTION_KINDS, { error: `must be ${INTERACTION_KINDS.join(', ')}` }).optional();
const direction = z.enum(DIRECTIONS, { error: `must be ${DIRECTIONS.join(' or ')}` }).optional();

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+ -]\d{2}:?\d{2})?$/i;
const DATE_RULE = 'must be a day (2026-01-31) or a moment (2026-01-31T12:00:00Z)';
const time = z
  .string({ error: DATE_RULE })
  .refine((text) => (DAY.test(text) || MOMENT.test(text)) && readMoment(text, 'utc').isValid, DATE_RULE)
  .optional();

/** The plus of an offset may have become a space in a query. */
function readMoment(text: string, zone: string): DateTime {
  const iso = text.replace(/^(.{10}) /, '$1T').replace(/ (?=\d{2}:?\d{2}$)/, '+');
  return DateTime.fromISO(iso.toUpperCase(), { zone });
}

export const accountParams = z.object({ account: z.string() });
export const interactionParams = accountParams.extend({ interaction: z.string() });
export const referenceParams = accountParams.extend({ reference: z.string() });

const period = {
  kind,
  from: time.meta({ description: "A day begins in the account's time zone" }),
  to: time.meta({ description: 'A day is part of the period; a moment is not' }),
};

export const reportSchema = z.object(period);

export const logSchema = z.object({
  ...period,
  redacted: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((text) => text === 'true')
    .optional(),
  limit: z
    .string({ error: 'must be a whole number from 1 to 200' })
    .regex(/^[1-9]\d{0,2}$/, 'must be a whole number from 1 to 200')
    .transform(Number)
    .pipe(z.number().max(200, 'must be 200 at most'))
    .optional(),
  cursor: z
    .string({ error: 'must be the next of the page before' })
    .transform((text, context) => {
      const position = readCursor(text);
      if (position) return position;
      context.addIssue({ code: 'custom', message: 'must be the next of the page before' });
      return z.NEVER;
    })
    .optional(),
});

export const narrowSchema = z.object({ kind, direction });

/**
 * The moments of a period in an account's time zone: from the first (inclusive) to the last (exclusive).
 * @throws InteractionFault `bad_field` when the period is turned round
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

function edge(text: string, timeZone: string, days: number): Date {
  const moment = readMoment(text, timeZone);
  return (DAY.test(text) ? firstMoment(moment.set({ hour: 12 }).plus({ days })) : moment).toJSDate();
}

/**
 * Checks the fields of a body or a query.
 * @throws LetheError `bad_input` when there are no fields at all; InteractionFault `bad_field` naming the fields and the
 * rules, never the values
 */
export function checkRules<Schema extends z.ZodType>(schema: Schema, fields: unknown): z.output<Schema> {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new LetheError('bad_input', 'The body must be an object of fields');
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  throw new InteractionFault(
    'bad_field',
    result.error.issues.map((issue) => `${String(issue.path[0] ?? 'body')} ${issue.message}`).join('; '),
  );
}
