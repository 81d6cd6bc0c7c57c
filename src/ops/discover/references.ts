import type mongoose from 'mongoose';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import { isNamedLikeTime, numberRoleOf, timeUnitOf } from './field.ts';
import type { FieldProfile } from './profile.ts';
import type { Surveyed } from './survey.ts';

/** A field that holds `_id`s of another collection's records. */
export interface Reference {
  readonly collection: string;
  readonly field: string;
  readonly to: string;
  /** Values that are such ids, of those looked up. */
  readonly hits: number;
  readonly of: number;
}

const MOST_LOOKED_UP = 20;
const FIRST = 5;
const LEAST_SHARE = 0.5;
/** Short texts and small numbers are ids of everything. */
const ID_TYPES = ['objectId', 'binData', 'string', 'number'];

/** Finds references by asking: sampled values of a field are looked up as `_id`s of the other collections. */
export async function findReferences(db: mongoose.mongo.Db, surveyed: readonly Surveyed[]): Promise<Reference[]> {
  const found: Reference[] = [];
  const typesOfIds = new Map(
    surveyed.map(({ collection, fields }) => [
      collection,
      new Set(fields.filter(({ path }) => path === '_id').flatMap(({ types }) => [...types.keys()])),
    ]),
  );
  for (const one of surveyed) {
    for (const field of one.fields.filter(mayRefer)) {
      const values = [...field.distinct.values()].filter((value) => ID_TYPES.includes(bsonTypeOf(value)));
      for (const { collection: to } of surveyed) {
        const types = typesOfIds.get(to) ?? new Set();
        const asked = values.filter((value) => types.has(bsonTypeOf(value))).slice(0, MOST_LOOKED_UP);
        if (to === one.collection || asked.length === 0 || !isPlausible(field, asked, to)) continue;
        if ((await countIds(db, to, asked.slice(0, FIRST))) === 0) continue;
        const hits = await countIds(db, to, asked);
        if (hits / asked.length < LEAST_SHARE) continue;
        found.push({ collection: one.collection, field: field.path, to, hits, of: asked.length });
      }
    }
  }
  // `1` is an `_id` in many collections; `contactId` is one of contacts.
  const named = new Set(found.filter(isNamedFor).map(({ collection, field }) => `${collection}\0${field}`));
  return found.filter((one) => isNamedFor(one) || !named.has(`${one.collection}\0${one.field}`));
}

/** Is the field named for the collection it refers to? `contactId` -> contacts. */
export function isNamedFor({ field, to }: Pick<Reference, 'field' | 'to'>): boolean {
  const last =
    field
      .replaceAll('[]', '')
      .replace(/\._id$/, '')
      .split('.')
      .at(-1) ?? '';
  const name = last.toLowerCase().replace(/_?ids?$/, '');
  return name.length > 2 && to.toLowerCase().replace(/s$/, '').endsWith(name);
}

function countIds(db: mongoose.mongo.Db, collection: string, ids: readonly unknown[]): Promise<number> {
  return db.collection(collection).countDocuments({ _id: { $in: [...ids] as never[] } });
}

function mayRefer(field: FieldProfile): boolean {
  const { path, json, isUnmappable } = field;
  if (json !== undefined || isUnmappable || path === '_id' || path.includes('{key}')) return false;
  if (field.dates + field.sentences + field.emails + field.links > 0 || timeUnitOf(field) !== null) return false;
  return numberRoleOf(field) === 'none' && !isNamedLikeTime(path);
}

/**
 * ObjectIds and UUIDs meet by reference alone. Of texts and integers the name must say so: `1` is an `_id` in many
 * collections.
 */
function isPlausible({ path }: FieldProfile, values: readonly unknown[], to: string): boolean {
  if (values.every((value) => bsonTypeOf(value) === 'objectId' || bsonTypeOf(value) === 'binData')) return true;
  const name = path.replaceAll('[]', '');
  const stem = to.toLowerCase().replace(/s$/, '').slice(-6);
  return /(?:^|[._])[a-z]*(?:id|ids|ref)$|Ids?$|\._id$/.test(name) || name.toLowerCase().includes(stem);
}
