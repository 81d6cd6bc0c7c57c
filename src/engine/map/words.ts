import { z } from 'zod';
import { isName } from './names.ts';

/** Steps of a path that no field of a record has: every object of JavaScript has them. */
const PROTOTYPES = /(^|\.)(__proto__|constructor|prototype)(\[\])?(\.|$)/;

function pathLike(pattern: RegExp, example: string) {
  return z
    .string()
    .max(200)
    .regex(pattern, `must be a field path such as ${example}`)
    .refine((text) => !PROTOTYPES.test(text), 'names a field that no record can have');
}

/** Version 1: names without spaces. `[]` after a name means "each element of this array". */
export const path = pathLike(
  /^(?!\$)[^.$[\]\s]+(\[\])?(\.(?!\$)[^.$[\]\s]+(\[\])?)*$/,
  'to, contact.phone or contacts[].number',
);
/** Version 2: names may hold spaces, and `{key}` stands for every key of an object. */
export const widePath = pathLike(
  /^(?:(?!\*(?:\[\])?(?:\.|$))(?:[^.$[\]{}\s](?:[^.$[\]{}]*[^.$[\]{}\s])?(\[\])?|\{key\})(?:\.(?!$)|$))+$/,
  'to, contacts[].number or unread.{key}',
).refine((text) => text.split('{key}').length <= 2, 'may hold {key} once');

/** Also the id of a reference of MongoDB's own (DBRef): `customer.$id`. */
export const referencePath = z
  .string()
  .refine((text) => widePath.safeParse(text.replace(/\.\$id$/, '')).success, 'must be a field path such as contact');

const NO_ARRAY = 'must not go through an array';
export const plainPath = path.refine((text) => !text.includes('[]'), NO_ARRAY);
/** One field of the record itself. */
export const plainWidePath = widePath.refine((text) => !/\[\]|\{key\}/.test(text), NO_ARRAY);

export const name = z.string().refine(isName, 'must be letters, digits, _ or -, and no word of JavaScript objects');

export const collectionName = z
  .string()
  .min(1)
  .max(120)
  .refine(
    (text) => !text.includes('$') && !text.includes('\0') && !text.startsWith('system.'),
    'is not a collection name',
  )
  .refine((text) => !text.startsWith('lethe_'), "is one of Lethe's own collections");

export const databaseName = z
  .string()
  .min(1)
  .max(60)
  .regex(/^[^/\\. "$*<>:|?\0]+$/, 'is not a database name')
  .refine((text) => !['admin', 'local', 'config'].includes(text), "is one of MongoDB's own databases");

export const scalar = z.union([z.string().max(200), z.number(), z.boolean()]);
