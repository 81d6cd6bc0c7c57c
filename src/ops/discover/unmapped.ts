import { KEY } from '../../engine/map/paths.ts';
import { type EntryView, withinJson } from '../map-view.ts';
import { numberRoleOf, saidValues } from './field.ts';
import type { CollectionProfile, FieldProfile } from './profile.ts';

/** A field that seems to hold numbers. It says how they are written, and no value. */
export interface NumberField {
  readonly path: string;
  readonly role: 'numbers' | 'keys' | 'mentions';
  /** Values with numbers in them, of how many that say something. */
  readonly count: number;
  readonly of: number;
  readonly shapes: readonly string[];
}

const MOST_SHAPES = 3;

/** The fields of a collection that seem to hold numbers and that no entry of the map is about. */
export function findUnmapped(profile: CollectionProfile, entries: readonly EntryView[]): NumberField[] {
  return numberFields(profile).filter(({ path }) => !isNamed(path, entries));
}

/** Does an entry name the path, or something it lies in? */
export function isNamed(path: string, entries: readonly EntryView[]): boolean {
  const own = withoutArrays(path);
  return entries
    .flatMap(({ paths }) => paths)
    .map(withoutArrays)
    .some((one) => own === one || own.startsWith(`${one}.`));
}

/** All fields that seem to hold numbers, those with most of them first. */
export function numberFields({ fields }: CollectionProfile): NumberField[] {
  return fields
    .flatMap((field): NumberField[] => {
      const role = numberRoleOf(field);
      if (role === 'none') return [];
      const count = role === 'keys' ? field.keys : holding(field);
      const of = role === 'keys' ? field.keys : saidValues(field);
      return [{ path: fullPath(field), role, count, of: Math.max(of, count), shapes: shapesOf(field) }];
    })
    .sort((one, other) => other.count - one.count);
}

/** How many values are numbers, or hold some. */
function holding({ plain, bare, foreign, mentions, encoded }: FieldProfile): number {
  return plain + bare + foreign + mentions + encoded;
}

/** The most frequent ways in which a field's numbers are written. */
function shapesOf({ shapes }: FieldProfile): string[] {
  const sorted = [...shapes].sort(([, one], [, other]) => other - one);
  return sorted.slice(0, MOST_SHAPES).map(([shape]) => shape);
}

/** Through the JSON text as if it were what it holds. */
export function fullPath({ json, path }: FieldProfile): string {
  return json === undefined ? path : withinJson(json, path);
}

/** `phone (12 of 12 values, written +447#########)` */
export function describeNumberField({ path, role, count, of, shapes }: NumberField): string {
  if (role === 'keys') return `${path} (keys, written ${shapes.join(', ')})`;
  const written = role === 'numbers' && shapes.length > 0 ? `, written ${shapes.join(', ')}` : '';
  return `${path} (${role === 'mentions' ? 'numbers within ' : ''}${count} of ${of} values${written})`;
}

function withoutArrays(path: string): string {
  return path.replaceAll('[]', '').replaceAll(`.${KEY}`, '');
}
