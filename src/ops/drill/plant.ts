import mongoose from 'mongoose';
import { arrayOf, KEY, readPath } from '../../engine/map/paths.ts';
import { isOwnPlace } from '../../engine/map/places.ts';
import type { Profile } from '../../engine/map/profile.ts';
import {
  type FieldMap,
  type JoinedPlace,
  type NumberPlace,
  PRODUCTS,
  type Scalar,
  type TimeField,
} from '../../engine/map/schema.ts';
import { accountWritings } from '../../engine/owner.ts';
import { writeKey } from '../../engine/references.ts';
import type { AccountValue } from '../../engine/subject.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { type EntryView, withinJson } from '../map-view.ts';
import type { JoinedShape, Shape } from './shapes.ts';

type Document = mongoose.mongo.Document;

/** The field by which a drill knows its own records. */
export const MARK = '_lethe_drill';
/** Holds what may stand anywhere, in every shape. */
const SCATTERED = 'drill_scattered';

/** A record of a person who does not exist. */
export interface Planted {
  readonly view: EntryView;
  readonly document: Document;
  /** Where the number was put; undefined: in several fields, in its JSON alone, or nowhere, as it belongs to a record that has it. */
  readonly place: NumberPlace | undefined;
  /** The number is only mentioned there: it does not say whose record it is. */
  readonly isMention: boolean;
  /** Which shape, at which path; it does not hold the number. */
  readonly shape: string;
}

export interface PlantOptions {
  /** The drill's own name: letters alone. */
  readonly run: string;
  readonly account: AccountValue;
  readonly number: PhoneNumber;
  /** Stands in every text that an erasure takes away. */
  readonly text: string;
  readonly now: Date;
}

const DAY_MS = 86_400_000;
/** A file that is nowhere would be looked for; numbers have places of their own. */
const NOT_FILLED = new Set(['recording', 'number']);
/** No scheduled message is waiting in such a state, so that nobody sends it. */
const NOT_PENDING = 'lethe-drill';

/** One mapped place, and how the number stands there. */
export type Spot =
  | { readonly place: NumberPlace; readonly shape: Shape }
  | { readonly joined: JoinedPlace; readonly shape: JoinedShape };

/**
 * One record with the number in one shape at one place of the map, and everything else that makes it such a record.
 * @param spot undefined: no number but what its JSON holds
 */
export function plantRecord(view: EntryView, spot: Spot | undefined, serial: number, options: PlantOptions): Planted {
  const { run, account, text, now } = options;
  const { entry } = view;
  const { owner, pending, direction, products } = entry;
  const at = new Date(now.getTime() - DAY_MS);
  const document: Document = { _id: new mongoose.mongo.ObjectId(), [MARK]: run };
  const put = (where: string, value: unknown) => putAt(document, readPath(where).pieces, value);
  if (owner.kind === 'field') put(owner.path, owner.types ? accountWritings(account, owner.types)[0] : account);
  putFields(document, view.fields, text);
  for (const json of entry.json) put(json.path, writeJson(json, options));
  if (entry.id !== undefined && entry.id !== '_id') put(entry.id, `${run}-${serialText(serial)}`);
  if (entry.at !== undefined) put(entry.at.path, timeAs(entry.at.unit, at));
  if (pending !== undefined) {
    put(pending.path, NOT_PENDING);
    put(pending.at, at);
  }
  if (typeof direction === 'object') {
    const { inbound, outbound } = direction;
    put(direction.path, (serial % 2 === 0 ? [...inbound, ...outbound] : [...outbound, ...inbound])[0]);
  }
  if (products !== undefined && 'path' in products)
    put(products.path, PRODUCTS.flatMap((product) => products.values[product] ?? [])[0]);
  // Last: without it the entry is not about the record. A record that waits to be sent would hold up the request.
  const isPending = (path: string, value: Scalar) => path === pending?.path && pending.values.includes(value);
  for (const [path, values] of Object.entries(entry.where))
    put(path, values.find((value) => !isPending(path, value)) ?? values[0]);
  if (spot === undefined)
    return { view, document, place: undefined, isMention: false, shape: 'by what it belongs to, or in JSON' };
  if ('joined' in spot) {
    const { parts } = spot.joined;
    for (const [index, path] of parts.entries()) put(path, spot.shape.values[index]);
    return { view, document, place: undefined, isMention: false, shape: `${parts.join(' + ')}, ${spot.shape.name}` };
  }
  putNumber(document, spot.place.path, spot.shape);
  const shape = `${spot.place.path}, ${spot.shape.name}`;
  return { view, document, place: spot.place, isMention: spot.shape.isMention ?? false, shape };
}

function putFields(document: Document, fields: readonly FieldMap[], text: string): void {
  const values = { list: [text], object: { text }, number: 7, string: text, any: text } as const;
  for (const { path, category, type, anywhere } of fields) {
    if (NOT_FILLED.has(category) || path.includes(KEY)) continue;
    putAt(document, readPath(path).pieces, values[type]);
    if (anywhere) putScattered(document, path, values[type]);
  }
}

/** A field that stands anywhere: within objects, lists, under keys that are data, and in JSON. */
function putScattered(document: Document, name: string, value: unknown): void {
  const field = { [name]: value };
  document[SCATTERED] = {
    ...document[SCATTERED],
    [`${name}s`]: {
      object: { inner: field },
      list: [field, [field]],
      keys: { 'p-1': field },
      json: JSON.stringify({ inner: [field] }),
    },
  };
}

function writeJson(json: EntryView['entry']['json'][number], { number, text }: PlantOptions): string {
  // A list at the very top is one of the field that is made for it.
  const within = <Placed extends { readonly path: string }>(one: Placed) => ({
    ...one,
    path: withinJson('top', one.path),
  });
  const document: Document = { top: {} };
  putFields(document, json.fields.map(within), text);
  for (const { path } of json.numbers.map(within)) putNumber(document, path, { name: 'in JSON', value: `+${number}` });
  return JSON.stringify(document.top);
}

function timeAs(unit: TimeField['unit'], at: Date): Date | number | string {
  if (unit === 'date') return at;
  return unit === 'text' ? at.toISOString() : unit === 's' ? Math.floor(at.getTime() / 1000) : at.getTime();
}

/**
 * Ties a record to the one it belongs to, as the entry's `via` says: one of them gets the other's value.
 * @returns whether the parent was changed
 */
export function linkRecord({ view, document }: Planted, parent: Planted): boolean {
  const { via } = view.entry;
  if (via === undefined) throw new TypeError('the entry is known by no other');
  const key = readPath(via.key);
  // Through an array, the parent says which records are its own.
  const isListed = key.pieces.length > 1 || via.field === '_id';
  const isMissing = !isListed && !hasPath(parent.document, via.key);
  const value = via.field === '_id' ? document._id : isListed ? new mongoose.mongo.ObjectId() : keyOf(parent, via.key);
  const written = via.field === '_id' ? value : writeKey(value, via.form);
  const reference = /^(.*)\.\$id$/.exec(via.field)?.[1];
  if (reference !== undefined) {
    const id = new mongoose.mongo.DBRef(parent.view.collection, written as mongoose.mongo.ObjectId);
    putAt(document, readPath(reference).pieces, id);
  } else if (via.field !== '_id') putAt(document, readPath(via.field).pieces, written);
  if (isListed) putAt(parent.document, key.pieces, value);
  return isListed || isMissing;
}

function keyOf({ document }: Planted, key: string): unknown {
  if (!hasPath(document, key)) putAt(document, [key], document._id);
  return key.split('.').reduce<unknown>((value, name) => (value as Document)[name], document);
}

/** The paths whose text an erasure must have taken out of a record that is still there: those of the person's own. */
export function erasedPaths({ view, place, isMention }: Planted, profile: Profile): string[] {
  const { entry } = view;
  const fate = profile.records[entry.record] ?? 'keep';
  if (isMention || (place !== undefined && !isOwnPlace(entry, place, fate))) return [];
  const isErased = (field: FieldMap) =>
    (field.strategy ?? profile.fields[field.category]) !== 'keep' && !field.maskInText;
  // In an array only the person's own element is changed.
  const isBeside = ({ path, all }: FieldMap) =>
    all || arrayOf(path) === '' || (place?.path.startsWith(arrayOf(path)) ?? false);
  const erased = view.fields.filter((field) => isErased(field) && isBeside(field));
  return [
    ...erased.map(({ path }) => path),
    ...erased.filter(({ anywhere }) => anywhere).map(({ path }) => `${SCATTERED}.${path}s`),
    ...entry.json.filter(({ fields }) => fields.some(isErased) && fields.every(isErased)).map(({ path }) => path),
  ];
}

function putNumber(document: Document, path: string, { value, around }: Shape): void {
  if (path.endsWith(`.${KEY}`))
    putAt(document, readPath(path.slice(0, -`.${KEY}`.length)).pieces, { [String(value)]: 1 });
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
