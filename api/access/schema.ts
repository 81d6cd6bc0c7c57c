import { z } from 'zod';
import type { Party, RecordQuery } from '../../src/contracts/access/query.ts';
import { DIRECTIONS, PRODUCTS, type Product } from '../../src/engine/map/schema.ts';
import type { CountryCode } from '../../src/phone/countries.ts';
import { isSpeakable } from '../../src/phone/hide-digits.ts';
import { parseE164 } from '../../src/phone/number.ts';
import { flag, phoneNumber, typedNumber, utcMoment, wholeNumber } from '../http/fields.ts';
import { readMoment } from '../http/moments.ts';

/** The most ids one search takes. */
const MOST_IDS = 10;
/** Records one page of the records report has at most. */
const MOST_RECORDS = 50_000;
const PAGE = 1_000;

const plain = (value: string) => value.toLowerCase().replace(/[-_ ]/g, '');

/** The products under their names in the reports API, and under those of the redact contract. */
const PRODUCT_NAMES: ReadonlyMap<string, Product> = new Map([
  ...PRODUCTS.map((product): [string, Product] => [plain(product), product]),
  ['voicecall', 'voice'],
  ['verifyapi', 'verify'],
]);

const text = (most: number) =>
  z
    .string({ error: 'must be given once, as text' })
    .min(1, 'must not be empty')
    .max(most, `must have ${most} characters at most`);

const recordId = text(200);

const product = text(40).transform((value, context): Product => {
  const known = PRODUCT_NAMES.get(plain(value));
  if (known) return known;
  context.addIssue({ code: 'custom', message: `must be one of ${PRODUCTS.join(', ')}` });
  return z.NEVER;
});

const direction = z
  .string({ error: 'must be outbound or inbound' })
  .transform((value) => value.toLowerCase())
  .pipe(z.enum(DIRECTIONS, { error: 'must be outbound or inbound' }));

const SHORT_CODE = /^\d{1,6}$/;
const SENDER_NAME = /^(?=.*[A-Za-z])[A-Za-z0-9 .&_-]{1,15}$/;

/** Either end of a record: a number of any country, a short code, or a sender's name. */
const party = z
  .union([z.string(), z.number()], { error: 'must be a number or a sender' })
  .transform((given, context) => {
    const value = String(given);
    // A name is kept as it is, with the report: it must not be the place of a number.
    if (SHORT_CODE.test(value) || (SENDER_NAME.test(value) && isSpeakable(value)))
      return { name: value } satisfies Party;
    const parsed = parseE164(`+${value.replace(/^\+/, '')}`);
    if (parsed.ok) return { number: parsed.number } satisfies Party;
    context.addIssue({ code: 'custom', message: 'must be a possible phone number, a short code or a sender' });
    return z.NEVER;
  });

const range = { date_start: utcMoment('beginning').optional(), date_end: utcMoment('end').optional() };

interface Range {
  readonly date_start?: Date | undefined;
  readonly date_end?: Date | undefined;
}

const isForward = ({ date_start: start, date_end: end }: Range) => !start || !end || start < end;
const TURNED_ROUND = { path: ['date_end'], error: 'must be later than date_start' };

/** The times of a query: from `date_start` up to, and not including, the end of `date_end`. */
export const rangeOf = ({ date_start, date_end }: Range): Pick<RecordQuery, 'since' | 'until'> => ({
  ...(date_start && { since: date_start }),
  ...(date_end && { until: date_end }),
});

const list = (item: z.ZodType<string>) =>
  z.union([item, z.array(item)], { error: 'must be text' }).transform((value) => [value].flat());

export const searchOneSchema = z.object({ id: recordId });

export const searchManySchema = (prefixes: readonly string[]) =>
  z
    .object({
      ids: list(recordId)
        .refine((ids) => ids.length <= MOST_IDS, `must be ${MOST_IDS} at most`)
        .optional(),
      date: z
        .string({ error: 'must be a day such as 2026-01-31' })
        .transform((value, context): Pick<RecordQuery, 'since' | 'until'> => {
          const read = readMoment(value, 'utc');
          if (read?.isDay) return { since: read.at.toJSDate(), until: read.at.plus({ days: 1 }).toJSDate() };
          context.addIssue({ code: 'custom', message: 'must be a day such as 2026-01-31' });
          return z.NEVER;
        })
        .optional(),
      to: phoneNumber(prefixes).optional(),
      ...range,
    })
    .refine(isForward, TURNED_ROUND)
    .refine(({ ids, date, date_start, date_end }) => ids || date || date_start || date_end, {
      path: ['ids'],
      error: `are needed, or date and to, or date_start and date_end`,
    })
    .refine(({ ids, date, date_start, date_end }) => !(ids && (date || date_start || date_end)), {
      path: ['ids'],
      error: 'cannot stand beside dates',
    })
    .refine(({ date, date_start, date_end }) => !(date && (date_start || date_end)), {
      path: ['date'],
      error: 'cannot stand beside date_start and date_end',
    })
    .refine(({ date, to }) => !date || to !== undefined, { path: ['to'], error: 'is needed beside date' });

export const accessSchema = (prefixes: readonly string[]) =>
  z.object({
    number: phoneNumber(prefixes),
    audit_before: wholeNumber(1, 999_999_999)
      .optional()
      .meta({ description: 'Audit entries before this `seq`: the newest 100 are given out at once' }),
  });

/** The same in a body: an address is kept by browsers and proxies, and must hold no number. */
export const accessBodySchema = (prefixes: readonly string[], countries: readonly CountryCode[]) =>
  accessSchema(prefixes)
    .extend({ number: typedNumber(prefixes, countries) })
    .strict();

const choice = {
  product: product.optional(),
  direction: direction.optional(),
  from: party.optional(),
  to: party.optional(),
  status: text(40).refine(isSpeakable, 'must not hold what may be a phone number').optional(),
  include_message: flag.default(false),
  ...range,
};

export const recordsSchema = z
  .object({
    ...choice,
    id: list(recordId)
      .refine((ids) => ids.length <= MOST_IDS, `must be ${MOST_IDS} at most`)
      .optional(),
    limit: wholeNumber(1, MOST_RECORDS).default(PAGE),
    cursor: text(2_000).optional(),
  })
  .refine(isForward, TURNED_ROUND);

export const reportSchema = z
  .strictObject({
    ...choice,
    format: z
      .string({ error: 'must be csv or json' })
      .transform((value) => value.toLowerCase())
      .pipe(z.enum(['csv', 'json'], { error: 'must be csv or json' }))
      .default('csv'),
  })
  .refine(isForward, TURNED_ROUND);

/** The fields of a request as a query on records. */
export function queryOf(fields: z.output<typeof reportSchema> | z.output<typeof recordsSchema>): RecordQuery {
  const { product, direction, from, to, status } = fields;
  return {
    ...(product && { product }),
    ...(direction && { direction }),
    ...(from && { from }),
    ...(to && { to }),
    ...(status && { status }),
    ...rangeOf(fields),
  };
}

const kept = z.array(z.record(z.string(), z.unknown()));

/** Everything on one number. */
export const heldAnswer = z.object({
  searched_at: z.iso.datetime(),
  searched: z.array(z.string()),
  kept: z.object({ suppressions: kept, requests: kept, audit: kept }),
  collections: z.record(
    z.string(),
    z.object({
      category: z.string(),
      records: z.array(
        z.object({
          id: z.unknown().optional(),
          at: z.iso.datetime().optional(),
          fields: z.array(z.object({ path: z.string(), category: z.string(), value: z.unknown() })),
        }),
      ),
    }),
  ),
  counts: z.record(z.string(), z.int()),
});
