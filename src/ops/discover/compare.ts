import type { DataMap } from '../../engine/map/schema.ts';
import { entriesOf, isAbout, isIgnored } from '../map-view.ts';
import { categoryOf } from './categories.ts';
import { isWritable } from './entry.ts';
import type { Surveyed } from './survey.ts';
import { describeNumberField, findUnmapped, fullPath, isNamed, numberFields } from './unmapped.ts';

/** Something in the database that a data map says nothing of. */
export interface Unnamed {
  readonly where: string;
  readonly what: string;
}

/** What a sample shows of personal data and an existing map does not name: collections, numbers, other fields. */
export function findUnnamed(surveyed: readonly Surveyed[], map: DataMap): Unnamed[] {
  const views = entriesOf(map);
  return surveyed.flatMap((one): Unnamed[] => {
    const { collection: where } = one;
    if (isIgnored(map, where)) return [];
    const entries = views.filter((view) => isAbout(view, { collection: where }));
    if (entries.length === 0) {
      const fields = numberFields(one).map(describeNumberField);
      return [{ where, what: fields.length > 0 ? `numbers: ${fields.join('; ')}` : 'no numbers seen' }];
    }
    const numbers = findUnmapped(one, entries);
    const paths = new Set(numbers.map(({ path }) => path));
    return [
      ...numbers.map((field) => ({ where: `${where}.${field.path}`, what: `numbers: ${describeNumberField(field)}` })),
      ...one.fields.flatMap((field) => {
        const category = isWritable(field) ? categoryOf(field) : null;
        const path = fullPath(field);
        return category === null || paths.has(path) || isNamed(path, entries)
          ? []
          : [{ where: `${where}.${path}`, what: `looks like category ${category}` }];
      }),
    ];
  });
}
