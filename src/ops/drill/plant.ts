import mongoose from 'mongoose';
import { readPath } from '../../engine/map/paths.ts';
import type { AccountValue } from '../../engine/subject.ts';
import type { EntryView } from '../map-view.ts';
import type { Shape } from './shapes.ts';

type Document = mongoose.mongo.Document;

/** The field by which a drill knows its own records. */
export const MARK = 'lethe_drill';

/** A record of a person who does not exist. */
export interface Planted {
  readonly view: EntryView;
  readonly document: Document;
  /** Which shape, at which path; it does not hold the number. */
  readonly shape: string;
}

export interface PlantOptions {
  /** The drill's own name: letters alone. */
  readonly run: string;
  readonly account: AccountValue;
  /** Stands in every text that an erasure takes away. */
  readonly text: string;
  readonly now: Date;
}

const DAY_MS = 86_400_000;
/** A file that is nowhere would be looked for; numbers have places of their own. */
const NOT_FILLED = new Set(['recording', 'number']);
/** No scheduled message is waiting in such a state, so that nobody sends it. */
const NOT_PENDING = 'lethe-drill';

/** One record with the number in one shape at one place of the map, and everything else that makes it such a record. */
export function plantRecord(
  view: EntryView,
  path: string,
  shape: Shape,
  serial: number,
  options: PlantOptions,
): Planted {
  const { run, account, text, now } = options;
  const { entry } = view;
  const at = new Date(now.getTime() - DAY_MS);
  const document: Document = { _id: new mongoose.mongo.ObjectId(), [MARK]: run };
  const put = (where: string, value: unknown) => putAt(document, readPath(where).pieces, value);
  for (const [where, [first]] of Object.entries(view.where)) put(where, first);
  if (view.account !== null) put(view.account, account);
  for (const field of view.fields) {
    if (NOT_FILLED.has(field.category) || field.path.includes('{key}')) continue;
    put(field.path, field.type === 'list' ? [text] : field.type === 'object' ? { text } : text);
  }
  if (entry.id !== undefined && entry.id !== '_id') put(entry.id, `${run}-${serialText(serial)}`);
  if (entry.at !== undefined) put(entry.at, at);
  if (entry.pending !== undefined) {
    put(entry.pending.path, NOT_PENDING);
    put(entry.pending.at, at);
  }
  if (typeof entry.direction === 'object') put(entry.direction.path, serial % 2 === 0 ? 'inbound' : 'outbound');
  putNumber(document, path, shape);
  return { view, document, shape: `${path}, ${shape.name}` };
}

function putNumber(document: Document, path: string, { value, around }: Shape): void {
  if (path.endsWith('.{key}'))
    putAt(document, readPath(path.slice(0, -'.{key}'.length)).pieces, { [String(value)]: 1 });
  else if (around === 'no list') putAt(document, [readPath(path).dotted], value);
  else
    putAt(document, readPath(path).pieces, around === 'list' ? [value] : around === 'list in list' ? [[value]] : value);
}

/** Sets a path of the map; each array on the way has one element, which other paths share. */
function putAt(target: Document, pieces: readonly string[], value: unknown): void {
  const [piece = '', ...rest] = pieces;
  const names = piece.split('.').filter(Boolean);
  const last = names.pop();
  let current = target;
  for (const name of names) {
    if (!isObject(current[name])) current[name] = {};
    current = current[name];
  }
  if (last === undefined) return;
  if (rest.length === 0) {
    current[last] = value;
    return;
  }
  const list: unknown[] = Array.isArray(current[last]) ? current[last] : [];
  current[last] = list;
  // An array of plain values ends there; an array in an array goes on with another.
  if (rest.length === 1 && rest[0] === '') list.push(value);
  else {
    if (!isObject(list[0])) list[0] = {};
    putAt(list[0] as Document, rest, value);
  }
}

const isObject = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Letters, so that no serial number looks like a phone number. */
function serialText(serial: number): string {
  return [...String(serial)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
}

/**
 * Gives a value of its own to each field of a unique index that the record lacks: without it the second record of the
 * drill would be refused.
 */
export function fillUnique({ document }: Planted, keys: readonly (readonly string[])[], value: string): void {
  for (const key of keys) {
    const missing = key.find((name) => !hasPath(document, name));
    if (missing !== undefined) putAt(document, [missing], value);
  }
}

function hasPath(document: unknown, dotted: string): boolean {
  let current: unknown = document;
  for (const name of dotted.split('.')) {
    if (Array.isArray(current)) current = current[0];
    if (!isObject(current) || !Object.hasOwn(current, name)) return false;
    current = current[name];
  }
  return true;
}
