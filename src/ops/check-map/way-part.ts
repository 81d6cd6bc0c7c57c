import type mongoose from 'mongoose';
import { readPath } from '../../engine/map/paths.ts';
import { type CollectionMap, nameOf } from '../../engine/map/schema.ts';
import { matchesWhere } from '../../engine/owner.ts';
import { readKey, writingsOf } from '../../engine/references.ts';
import { instancesAt, placeOf } from '../../engine/rewrite/places.ts';
import { createOpener } from '../../engine/rewrite/walk.ts';
import type { Finding } from './findings.ts';

/** Values looked up: of so many one at least leads to a record, where the map is right. */
const MOST_VALUES = 100;

/** Looks whether what records name others by leads to any: a `via` that never does erases nothing, and says nothing. */
export interface Way {
  record(record: unknown): void;
  /** @param parents the collection of the entry it leads to */
  findings(parents: mongoose.mongo.Collection): Promise<Finding[]>;
}

/** @param entry one with `via` */
export function lookAlong(entry: CollectionMap, parent: CollectionMap): Way {
  const { key = '', field = '', form } = entry.via ?? {};
  const { names } = placeOf(readPath(field));
  const values = new Map<string, unknown>();
  return {
    record(record) {
      if (values.size >= MOST_VALUES || !matchesWhere(entry, record)) return;
      for (const { value } of instancesAt({ path: [], value: record }, names, createOpener()))
        for (const one of Array.isArray(value) ? value : [value])
          if (one !== null && one !== undefined && one !== '' && values.size < MOST_VALUES)
            values.set(String(one), one);
    },
    async findings(parents) {
      if (values.size === 0) return [];
      const keys = [...values.values()].map((value) => readKey(value, form)).filter((value) => value !== undefined);
      const dotted = key.replaceAll('[]', '');
      const among = { [dotted]: { $in: keys.flatMap(writingsOf) } };
      const options = { projection: { _id: 1 } };
      if (keys.length > 0 && (await parents.findOne(among, options)) !== null) return [];
      // Nobody has records yet.
      if ((await parents.findOne({}, options)) === null) return [];
      const held =
        form === undefined ? ', or does it hold that within a text (form: ...{key}...)?' : ` in the form ${form}?`;
      return [
        {
          severity: 'error',
          where: `${entry.collection}.${field}`,
          message: `none of ${values.size} values is a ${key} of ${nameOf(parent)}, so no erasure finds these records: is the path right${held}`,
        },
      ];
    },
  };
}
