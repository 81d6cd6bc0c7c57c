import { z } from 'zod';
import { type CountryCode, isCountry } from '../../phone/countries.ts';
import { FIELD_CATEGORIES } from './categories.ts';
import { KEY } from './paths.ts';
import {
  ACCOUNT_TYPES,
  type CollectionMap,
  type DataMap,
  DIRECTIONS,
  type FieldMap,
  type NumberPlace,
  type Owner,
  PRODUCTS,
  type Scalar,
  TIME_UNITS,
} from './schema.ts';
import { profiles, sharedKeys } from './shared-words.ts';
import { strategy } from './strategies.ts';
import { isPreset, PRESETS, templateFault } from './templates.ts';
import { collectionName, databaseName, name, plainWidePath, referencePath, scalar, widePath } from './words.ts';

const value = z.union([scalar, z.null()]);
/** One value, or one of several. */
const oneOf = z.union([value, z.array(value).min(1).max(100)]);
const on = z
  .enum(['on', 'off'])
  // YAML 1.1 editors write booleans for both words.
  .or(z.boolean());

const account = z.union([
  z.literal(['none', 'any']),
  plainWidePath,
  z.strictObject({ path: plainWidePath, types: z.array(z.enum(ACCOUNT_TYPES)).min(1).optional() }),
]);

const form = z
  .string()
  .max(100)
  .superRefine((text, context) => {
    const fault = isPreset(text) ? undefined : templateFault(text);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

const number = z.union([
  widePath,
  z.strictObject({
    path: widePath,
    forms: z.array(form).min(1).max(20).default([]),
    type: z.enum(['any', 'number']).default('any'),
    own: z.boolean().optional(),
  }),
  z.strictObject({ parts: z.array(plainWidePath).min(2).max(4), code: z.boolean().optional() }),
]);

const field = z.strictObject({
  path: widePath,
  category: z.enum(FIELD_CATEGORIES),
  type: z.enum(['string', 'list', 'object', 'number', 'any']).default('any'),
  strategy: strategy.optional(),
  only_if_alone: z.boolean().default(false),
  all: z.boolean().default(false),
  mask_in_text: z.boolean().default(false),
  anywhere: z.boolean().default(false),
  around: z.enum(['line', 'text']).optional(),
});

const collection = z.strictObject({
  ...sharedKeys(plainWidePath),
  /** May lead through an array: one record may hold several ids. */
  id: widePath.refine((text) => !text.includes(KEY), 'must not hold {key}').optional(),
  collection: collectionName,
  database: databaseName.optional(),
  account: account.optional(),
  elements: widePath.refine((text) => text.endsWith('[]'), 'must end in []').optional(),
  where: z.record(plainWidePath, oneOf).default({}),
  via: z
    .strictObject({
      collection: name,
      key: widePath,
      field: referencePath,
      form: z
        .string()
        .max(100)
        .refine((text) => text.split(KEY).length === 2, 'must hold {key} once')
        .optional(),
    })
    .optional(),
  shared: z.enum(['fail', 'keep']).default('fail'),
  numbers: z.array(number).max(50).default([]),
  fields: z.array(field).max(200).default([]),
  json: z
    .array(
      z.strictObject({
        path: widePath,
        numbers: z.array(widePath).max(20).default([]),
        fields: z.array(field).max(50).default([]),
      }),
    )
    .max(20)
    .default([]),
  at: z
    .union([plainWidePath, z.strictObject({ path: plainWidePath, unit: z.enum(TIME_UNITS).default('date') })])
    .optional(),
  products: z
    .union([
      z.array(z.enum(PRODUCTS)).min(1).max(10),
      z.strictObject({ path: plainWidePath, values: z.partialRecord(z.enum(PRODUCTS), oneOf) }),
    ])
    .optional(),
  direction: z
    .union([
      z.enum(DIRECTIONS),
      z.strictObject({ path: plainWidePath, outbound: oneOf.default('outbound'), inbound: oneOf.default('inbound') }),
    ])
    .optional(),
  scan: on.default('on'),
});

/** A file of version 2. */
export const version2 = z.strictObject({
  version: z.literal(2),
  countries: z
    .array(
      z.custom<CountryCode>(
        (value) => typeof value === 'string' && isCountry(value),
        'must be a country as GB (ISO 3166-1)',
      ),
    )
    .min(1)
    .max(30)
    .optional(),
  /** What entries without an account of their own have. */
  account: account.refine((said) => said !== 'any', 'any is said of single entries').optional(),
  unmapped: z.enum(['mask', 'fail']).default('mask'),
  ambiguous: z.enum(['fail', 'erase']).default('fail'),
  scan: on.default('on'),
  ignore: z
    .array(z.strictObject({ collection: collectionName, reason: z.string().min(1).max(200) }))
    .max(500)
    .default([]),
  collections: z.array(collection).min(1).max(200),
  profiles,
});

type File = z.output<typeof version2>;
type Entry = File['collections'][number];

/** The normal form of a file of version 2. */
export function fromVersion2(file: File): DataMap {
  return {
    version: 2,
    countries: file.countries,
    ignored: file.ignore,
    profiles: file.profiles,
    collections: file.collections.map((entry) => fromEntry(entry, file)),
  };
}

function fromEntry(entry: Entry, file: File): CollectionMap {
  const { account: own, where, numbers, fields, json, at, products, direction, scan, ...rest } = entry;
  return {
    ...rest,
    owner: ownerOf(own, entry.via !== undefined, file.account),
    where: Object.fromEntries(Object.entries(where).map(([path, values]) => [path, listOf(values)])),
    numbers: numbers.flatMap((one) => (typeof one === 'object' && 'parts' in one ? [] : [fromNumber(one)])),
    joined: numbers.flatMap((one) => (typeof one === 'object' && 'parts' in one ? [one] : [])),
    fields: fields.map(fromField),
    json: json.map((one) => ({
      path: one.path,
      numbers: one.numbers.map(fromNumber),
      fields: one.fields.map(fromField),
    })),
    at: typeof at === 'string' ? { path: at, unit: 'date' } : at,
    products:
      products === undefined || Array.isArray(products)
        ? products
        : {
            path: products.path,
            values: Object.fromEntries(
              Object.entries(products.values).map(([product, values]) => [product, listOf(values)]),
            ),
          },
    direction:
      typeof direction === 'object'
        ? { path: direction.path, outbound: listOf(direction.outbound), inbound: listOf(direction.inbound) }
        : direction,
    scan: isOn(scan) && isOn(file.scan),
    unmapped: file.unmapped,
    ambiguous: file.ambiguous,
  };
}

/**
 * Records known by others are their account's; an account of their own may be given beside it. Where there is one
 * tenant they are that one's, whatever they are known by.
 */
function ownerOf(own: Entry['account'], byWay: boolean, general: File['account']): Owner {
  const said = own ?? general;
  if (said === undefined) return byWay ? { kind: 'via' } : { kind: 'field', path: '' };
  if (said === 'none' || said === 'any') return { kind: said };
  const field =
    typeof said === 'string' ? ({ kind: 'field', path: said } as const) : { kind: 'field' as const, ...said };
  // What it belongs to may be gone: then a record that has the field is found by it.
  return own === undefined && byWay ? { kind: 'via', itself: field } : field;
}

function fromNumber(one: Exclude<Entry['numbers'][number], { parts: unknown }>): NumberPlace {
  if (typeof one === 'string') return { path: one, templates: [], type: 'any' };
  const { path, type, own, forms } = one;
  const templates = new Set(forms.flatMap((text): readonly string[] => (isPreset(text) ? PRESETS[text] : [text])));
  return { path, type, own, templates: [...templates] };
}

function fromField(one: Entry['fields'][number]): FieldMap {
  const { only_if_alone: onlyIfAlone, mask_in_text: maskInText, ...rest } = one;
  return { ...rest, onlyIfAlone, maskInText };
}

const isOn = (word: boolean | 'on' | 'off') => word === true || word === 'on';

const listOf = (values: Scalar | readonly Scalar[]): readonly Scalar[] =>
  Array.isArray(values) ? values : [values as Scalar];
