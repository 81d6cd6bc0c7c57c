import { z } from 'zod';
import { FIELD_CATEGORIES } from './categories.ts';
import { type DataMap, DIRECTIONS, PRODUCTS } from './schema.ts';
import { profiles, sharedKeys } from './shared-words.ts';
import { collectionName, path, plainPath } from './words.ts';

const VALUE_TYPES = ['string', 'list', 'object', 'any'] as const;

const field = z.strictObject({ path, category: z.enum(FIELD_CATEGORIES), type: z.enum(VALUE_TYPES).default('string') });

const collection = z.strictObject({
  ...sharedKeys(plainPath),
  collection: collectionName,
  /** The field that holds the account. */
  account: plainPath,
  elements: path.refine((text) => text.endsWith('[]'), 'must end in []').optional(),
  /** Every place where the data subject's number may stand. */
  numbers: z.array(path).max(20),
  fields: z.array(field).max(100).default([]),
  /** When it happened: a date. */
  at: plainPath.optional(),
  /** The products whose transaction ids are found here. */
  products: z.array(z.enum(PRODUCTS)).min(1).max(10).optional(),
  /** Which way it went: always the same, or told by a field that holds `outbound` or `inbound`. */
  direction: z.union([z.enum(DIRECTIONS), z.strictObject({ path: plainPath })]).optional(),
});

/** A file of version 1. */
export const version1 = z.strictObject({
  version: z.literal(1, 'must be 1 or 2'),
  collections: z.array(collection).min(1).max(200),
  profiles,
});

/** What a file of version 1 may say. */
export type DataMapInput = z.input<typeof version1>;

/** The normal form of a file of version 1: it means what it always meant. */
export function fromVersion1(file: z.output<typeof version1>): DataMap {
  const plain = { templates: [], type: 'any' } as const;
  return {
    version: 1,
    ignored: [],
    profiles: file.profiles,
    collections: file.collections.map(({ account, numbers, fields, at, direction, ...entry }) => ({
      ...entry,
      owner: { kind: 'field', path: account },
      where: {},
      shared: 'fail',
      numbers: numbers.map((text) => ({ path: text, ...plain })),
      joined: [],
      fields: fields.map((one) => ({ ...one, onlyIfAlone: false, all: false, maskInText: false, anywhere: false })),
      json: [],
      ...(at !== undefined && { at: { path: at, unit: 'date' } }),
      ...(direction !== undefined && {
        direction:
          typeof direction === 'string' ? direction : { ...direction, outbound: ['outbound'], inbound: ['inbound'] },
      }),
      scan: true,
      unmapped: 'mask',
      ambiguous: 'fail',
    })),
  };
}
