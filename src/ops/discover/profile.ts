import { KEY } from '../../engine/map/paths.ts';
import { isLeftBehind } from '../../engine/map/strategies.ts';
import { findEncoded } from '../../engine/rewrite/base64.ts';
import { readJson } from '../../engine/rewrite/json.ts';
import { latin1Of } from '../../engine/rewrite/octets.ts';
import { isElement } from '../../engine/rewrite/places.ts';
import { bytesOf, isPlainObject } from '../../engine/rewrite/values.ts';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import { recordKey } from '../../lib/record-key.ts';
import { shapeOf, templateOf, withoutWord } from '../numbers/shape.ts';
import type { Spotter } from '../numbers/spot.ts';

/** What was seen at one path of a collection's documents. Values are kept for comparisons alone, and never shown. */
export interface FieldProfile {
  /** As a map writes it: `contacts[].number`, `unread.{key}`. Within the JSON text where there is one. */
  readonly path: string;
  /** The path of the string that holds JSON, in which this field is. */
  readonly json: string | undefined;
  /** A map has no words for such a name. */
  readonly isUnmappable: boolean;
  records: number;
  values: number;
  /** By the name of the BSON type. */
  readonly types: Map<string, number>;
  /** Texts that say something, and numbers. */
  texts: number;
  numerics: number;
  /** Blank, or left by an erasure. */
  left: number;
  /** Numbers and nothing else: surely; by their digits alone; of a country that is not served. */
  plain: number;
  bare: number;
  foreign: number;
  /** Texts that mention numbers, or hold them in base64; keys that are numbers. */
  mentions: number;
  encoded: number;
  keys: number;
  jsonTexts: number;
  /** How the numbers are written. */
  readonly shapes: Map<string, number>;
  /** Words of a map for what stands around them. */
  readonly templates: Set<string>;
  emails: number;
  links: number;
  addresses: number;
  /** Texts of several words. */
  sentences: number;
  dates: number;
  seconds: number;
  milliseconds: number;
  isoTexts: number;
  /** The first different values, as far as they are no documents. */
  readonly distinct: Map<string, unknown>;
}

export interface CollectionProfile {
  readonly records: number;
  readonly fields: readonly FieldProfile[];
  /** There are more fields than were kept. */
  readonly isCut: boolean;
}

export interface Profiler {
  record(document: unknown): void;
  profile(): CollectionProfile;
}

const MOST_FIELDS = 3_000;
const MOST_DISTINCT = 64;
const MOST_SHAPES = 12;
const MOST_SHAPED = 2_000;
/** With more keys an object is a table of its own. */
const MOST_KEYS = 200;
const LONGEST_KEPT = 80;
const DEEPEST = 60;
const UNMAPPABLE = /[.$[\]{}]|^$|^\s|\s$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i;
const LINK = /^[a-z][a-z0-9+.-]*:\/\//i;
const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}$|^[0-9a-f:]*:[0-9a-f:]+:[0-9a-f:]*$/i;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/;
/** From 2000 to 2040. */
const SECONDS = [946_684_800, 2_208_988_800] as const;

/**
 * Gathers what stands at each path of documents. Its memory is bounded, however many documents there are.
 * @param spotter knows what numbers look like
 */
export function createProfiler(spotter: Spotter): Profiler {
  const fields = new Map<string, FieldProfile>();
  const seen = new Map<string, Set<string>>();
  let records = 0;
  let isCut = false;
  let touched = new Set<FieldProfile>();

  const fieldAt = (path: string, json: string | undefined, isUnmappable: boolean): FieldProfile | undefined => {
    const key = `${json ?? ''}\0${path}`;
    const known = fields.get(key);
    if (known === undefined && fields.size >= MOST_FIELDS) isCut = true;
    if (known === undefined && !isCut) fields.set(key, emptyField(path, json, isUnmappable));
    const field = fields.get(key);
    if (field !== undefined && !touched.has(field)) {
      touched.add(field);
      field.records += 1;
    }
    return field;
  };

  /** Keys that are numbers or ids, and those of a table, are one path. */
  const stepOf = (path: string, key: string): string => {
    if (isElement(key)) return KEY;
    const keys = seen.get(path) ?? new Set();
    if (keys.size === 0) seen.set(path, keys);
    if (keys.size >= MOST_KEYS && !keys.has(key)) return KEY;
    keys.add(key);
    return key;
  };

  const visit = (value: unknown, path: string, json: string | undefined, isUnmappable: boolean, depth: number) => {
    if (depth > DEEPEST) return;
    if (Array.isArray(value)) {
      for (const element of value) visit(element, `${path}[]`, json, isUnmappable, depth + 1);
    } else if (isPlainObject(value)) {
      for (const [key, inner] of Object.entries(value)) {
        const step = stepOf(path, key);
        const next = path === '' ? step : `${path}.${step}`;
        const odd = isUnmappable || (step !== KEY && UNMAPPABLE.test(key));
        if (step === KEY) noteKey(fieldAt(next, json, odd), key, spotter);
        visit(inner, next, json, odd, depth + 1);
      }
    } else {
      const field = fieldAt(path, json, isUnmappable);
      if (field === undefined) return;
      const inner = typeof value === 'string' && json === undefined ? readJson(value) : undefined;
      if (inner === undefined) {
        note(field, value, spotter);
        return;
      }
      field.values += 1;
      field.jsonTexts += 1;
      add(field.types, 'string');
      visit(inner, '', path, isUnmappable, depth + 1);
    }
  };

  return {
    record(document) {
      records += 1;
      touched = new Set();
      visit(document, '', undefined, false, 0);
    },
    profile: () => ({ records, fields: [...fields.values()], isCut }),
  };
}

function emptyField(path: string, json: string | undefined, isUnmappable: boolean): FieldProfile {
  return {
    ...{ path, json, isUnmappable, records: 0, values: 0, types: new Map(), texts: 0, numerics: 0, left: 0 },
    ...{ plain: 0, bare: 0, foreign: 0, mentions: 0, encoded: 0, keys: 0, jsonTexts: 0 },
    ...{ shapes: new Map(), templates: new Set(), emails: 0, links: 0, addresses: 0, sentences: 0 },
    ...{ dates: 0, seconds: 0, milliseconds: 0, isoTexts: 0, distinct: new Map() },
  };
}

const add = (counts: Map<string, number>, name: string, most = Number.POSITIVE_INFINITY) => {
  if (counts.has(name) || counts.size < most) counts.set(name, (counts.get(name) ?? 0) + 1);
};

function noteKey(field: FieldProfile | undefined, key: string, spotter: Spotter): void {
  const spot = spotter.read(key);
  if (field === undefined || spot === null || !spot.sure) return;
  field.keys += 1;
  add(field.shapes, shapeOf(key, spot.number), MOST_SHAPES);
}

function note(field: FieldProfile, value: unknown, spotter: Spotter): void {
  const type = bsonTypeOf(value);
  field.values += 1;
  add(field.types, type);
  if (value === null || value === undefined) {
    field.left += 1;
    return;
  }
  if (field.distinct.size < MOST_DISTINCT && type !== 'binData') {
    const kept = typeof value === 'string' ? value.slice(0, LONGEST_KEPT) : value;
    field.distinct.set(recordKey(kept), kept);
  }
  if (type === 'date') field.dates += 1;
  else if (type === 'number') noteNumeric(field, value, spotter);
  else if (type === 'string') noteText(field, value as string, spotter);
  else if (type === 'binData') {
    const bytes = bytesOf(value);
    if (bytes !== undefined && spotter.spot(latin1Of(bytes)).length > 0) field.encoded += 1;
  }
}

function noteNumeric(field: FieldProfile, value: unknown, spotter: Spotter): void {
  field.numerics += 1;
  noteTime(field, Number(String(value)));
  noteNumber(field, value, spotter);
}

function noteTime(field: FieldProfile, value: number): void {
  const [first, last] = SECONDS;
  if (value >= first && value <= last) field.seconds += 1;
  else if (value >= first * 1_000 && value <= last * 1_000) field.milliseconds += 1;
}

function noteText(field: FieldProfile, text: string, spotter: Spotter): void {
  if (isLeftBehind(text)) {
    field.left += 1;
    return;
  }
  field.texts += 1;
  if (EMAIL.test(text) && !templateOf(text)) field.emails += 1;
  if (LINK.test(text)) field.links += 1;
  if (ADDRESS.test(text)) field.addresses += 1;
  if (ISO.test(text)) field.isoTexts += 1;
  if (/\p{L}\s+\S/u.test(text)) field.sentences += 1;
  if (/^\d{10}$|^\d{13}$/.test(text)) noteTime(field, Number(text));
  // A link to a number says more than the number.
  if (!LINK.test(text) && noteNumber(field, text, spotter)) return;
  if (spotter.spot(text).length > 0) field.mentions += 1;
  else if (holdsEncoded(text, spotter)) field.encoded += 1;
}

/** @returns whether the value is a number and nothing else */
function noteNumber(field: FieldProfile, value: unknown, spotter: Spotter): boolean {
  const spot = spotter.read(typeof value === 'string' ? withoutWord(value) : value);
  if (spot === null) return false;
  const template = typeof value === 'string' ? templateOf(value) : null;
  const shape = shapeOf(value, spot.number);
  // Words or a host beside it are somebody's, or a text's: no look-up finds such a value.
  if (template === null && typeof value === 'string' && /[x@]/.test(shape)) return false;
  if (!spot.sure) field.foreign += 1;
  else if (spot.bare) field.bare += 1;
  else field.plain += 1;
  // The writings of many records are told by the first of them.
  if (field.plain + field.bare + field.foreign > MOST_SHAPED) return true;
  add(field.shapes, shape, MOST_SHAPES);
  if (template !== null) field.templates.add(template);
  return true;
}

/** Numbers, nobody's in particular, in base64: `findEncoded` says what decodes to digits, the spotter what is a number. */
function holdsEncoded(text: string, spotter: Spotter): boolean {
  let isSeen = false;
  const look = (inner: string) => {
    isSeen ||= spotter.spot(inner).length > 0;
    return { written: inner, finds: [] };
  };
  findEncoded(text, { mask: look, maskBytes: look });
  return isSeen;
}
