import mongoose from 'mongoose';
import type { FieldPath } from '../map/paths.ts';
import type { Path } from './edits.ts';
import type { FieldRule } from './rules.ts';
import { childOf, isPlainObject } from './values.ts';

const { DBRef } = mongoose.mongo;

/** A path of the data map as names: `people[].phones.{key}` -> people, phones, {key}. */
export interface Place {
  readonly names: readonly string[];
  /** How many names stand before each `[]`, and after each `{key}`: where another element begins. */
  readonly arrays: ReadonlySet<number>;
}

/** Stands for any key of an object. */
const KEY = '{key}';

const PLACES = new WeakMap<FieldPath, Place>();

/** The names of a mapped path, kept for as long as the path is. */
export function placeOf(path: FieldPath): Place {
  let place = PLACES.get(path);
  if (place === undefined) {
    const names: string[] = [];
    const arrays = new Set<number>();
    path.pieces.forEach((piece, index) => {
      for (const name of piece === '' ? [] : piece.split('.')) {
        names.push(name);
        if (name === KEY) arrays.add(names.length);
      }
      if (index < path.pieces.length - 1) arrays.add(names.length);
    });
    place = { names, arrays };
    PLACES.set(path, place);
  }
  return place;
}

/** A mapped path as the map writes it: `contacts[].number`. */
export function textOf(path: FieldPath): string {
  return path.pieces.reduce((text, piece) => `${text}[]${piece === '' ? '' : `.${piece}`}`).replace(/^\[\]\./, '[].');
}

/** How the path of a value follows the names of a mapped path. */
export interface Alignment {
  /** How many of the names it goes through; fewer than there are when it ends before. */
  readonly count: number;
  /** Where in the path each name has been gone through: `ends[0]` is 0. Undefined within a key with dots. */
  readonly ends: readonly (number | undefined)[];
  /** How many names it goes on for beyond the mapped place. */
  readonly beyond: number;
}

/** With as many digits a key may be a number, or an id. */
const MANY_DIGITS = 7;

/** Does a step of a path choose among alike? An index does, and a key that may be a number or an id. */
export function isElement(step: string | number): boolean {
  return typeof step === 'number' || step.replace(/\D/g, '').length >= MANY_DIGITS;
}

/**
 * Lays the path of a value along the names of a mapped path. Indexes, and keys that may be numbers, may stand anywhere;
 * so arrays in arrays, an array where the map has a plain value and a plain value where it has an array are all found.
 * @returns undefined when the value lies elsewhere
 */
export function align(path: Path, { names }: Place): Alignment | undefined {
  const ends: (number | undefined)[] = [0];
  let beyond = 0;
  for (const [at, step] of path.entries()) {
    const count = ends.length - 1;
    const through = namesOf(step, names, count);
    for (let name = 1; name <= through; name += 1) ends.push(name === through ? at + 1 : undefined);
    if (through > 0 || isElement(step)) continue;
    if (count < names.length) return undefined;
    beyond += 1;
  }
  const count = ends.length - 1;
  return count > 0 ? { count, ends, beyond } : undefined;
}

/** How many of the names a step goes through: a key with dots may be several. */
function namesOf(step: string | number, names: readonly string[], from: number): number {
  const next = names[from];
  if (next === undefined) return 0;
  if (next === KEY || next === String(step)) return 1;
  if (typeof step === 'number' || !step.includes('.')) return 0;
  const parts = step.split('.');
  return parts.every((part, index) => names[from + index] === part) ? parts.length : 0;
}

/** The path from its beginning to a place, and through the elements that follow there. */
export function throughElements(path: Path, from: number): Path {
  let end = from;
  while (end < path.length && isElement(path[end] as string | number)) end += 1;
  return path.slice(0, end);
}

/** A value and its path. */
export interface Instance {
  readonly path: Path;
  readonly value: unknown;
}

/** What a value holds: itself, or what is in it when it is a JSON text. */
export type Open = (value: unknown) => unknown;

/** Every value at some names below a value, in all elements of whatever arrays are on the way. */
export function* instancesAt(start: Instance, names: readonly string[], open: Open): Generator<Instance> {
  const [name, ...rest] = names;
  if (name === undefined) {
    yield start;
    return;
  }
  const value = open(start.value);
  if (Array.isArray(value)) {
    const chosen = /^\d+$/.test(name) ? Number(name) : undefined;
    for (const [index, element] of value.entries()) {
      const inner = { path: [...start.path, index], value: element };
      if (chosen === undefined) yield* instancesAt(inner, name === KEY ? rest : names, open);
      else if (index === chosen) yield* instancesAt(inner, rest, open);
    }
    return;
  }
  if (value instanceof DBRef && name === '$id') yield { path: [...start.path, name], value: value.oid };
  if (!isPlainObject(value)) return;
  for (const key of name === KEY ? Object.keys(value) : [name])
    if (Object.hasOwn(value, key)) yield* instancesAt({ path: [...start.path, key], value: value[key] }, rest, open);
  const dotted = names.join('.');
  if (rest.length > 0 && Object.hasOwn(value, dotted)) yield { path: [...start.path, dotted], value: value[dotted] };
}

/** Every value under a name, however deep, and in JSON; what lies within one of them is a part of it. */
function* everywhere(start: Instance, name: string, open: Open): Generator<Instance> {
  const value = open(start.value);
  if (Array.isArray(value))
    for (const [index, element] of value.entries())
      yield* everywhere({ path: [...start.path, index], value: element }, name, open);
  else if (isPlainObject(value))
    for (const [key, inner] of Object.entries(value)) {
      const instance = { path: [...start.path, key], value: inner };
      if (key === name) yield instance;
      else yield* everywhere(instance, name, open);
    }
}

/** Every value of a field of a document. */
export function instancesOf(
  document: unknown,
  { path, anywhere }: Pick<FieldRule, 'path' | 'anywhere'>,
  open: Open,
): Iterable<Instance> {
  const start = { path: [], value: document };
  return anywhere ? everywhere(start, path.text, open) : instancesAt(start, placeOf(path).names, open);
}

/** The value at a path, through JSON texts; undefined where there is none. */
export function valueAtPath(document: unknown, path: Path, open: Open): unknown {
  return path.reduce<unknown>((value, step) => childOf(open(value), step), document);
}

/** `447700900123`, `447700900123@c.us`; no id in hexadecimal digits. */
const isNumberLike = (key: string) => key.includes('@') || !/[A-Za-z]/.test(key);

/**
 * Every plain value, and every key that may be a number, on the way of a mapped path: at its end, or where the way ends
 * before.
 */
export function* leavesAlong(value: unknown, names: readonly string[], open: Open): Generator {
  const inner = open(value);
  if (Array.isArray(inner)) {
    for (const element of inner) yield* leavesAlong(element, names, open);
  } else if (isPlainObject(inner)) {
    const [name, ...rest] = names;
    for (const [key, child] of Object.entries(inner)) {
      const through = namesOf(key, names, 0);
      if (isElement(key) && isNumberLike(key)) yield key;
      if (through > 0) yield* leavesAlong(child, through === 1 ? rest : names.slice(through), open);
      else if (isElement(key) || name === undefined) yield* leavesAlong(child, names, open);
    }
  } else yield inner;
}

/** What names of fields look like; other keys are data: names, addresses, ids. */
const FIELD_NAME = /^[A-Za-z_$][\w$. -]{0,63}$/;
/** What may be base64, and what not every long name has. */
const ENCODED = /[A-Za-z0-9+/_-]{12}/;

/**
 * A path for reports: dotted, indexes as `[]`, keys that may be somebody's number, name or id as `{key}`.
 * @param ofKey the path leads to a key that holds a number
 */
export function describePath(path: Path, ofKey = false): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return '[]';
      const isName = FIELD_NAME.test(step) && !isElement(step) && !(ENCODED.test(step) && /\d/.test(step));
      return isName && !(ofKey && index === path.length - 1) ? `.${step}` : `.${KEY}`;
    })
    .join('')
    .replace(/^\./, '');
}
