import mongoose from 'mongoose';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import { FEWEST_DIGITS } from '../../phone/interpret.ts';
import { type Mention, maskMentions, type NumberMatcher } from '../../phone/matcher.ts';
import { type Encoded, type InnerFind, type Masked, mayHoldBase64 } from './base64.ts';
import { noChanges, note, noteName } from './changes.ts';
import type { Path } from './edits.ts';
import { findInEncodings } from './encodings.ts';
import { withoutIdentifiers } from './identifiers.ts';
import type { Part } from './joined.ts';
import { readJson, spliceJson } from './json.ts';
import { findInBytes, latin1Of, maskBytes } from './octets.ts';
import type { Open } from './places.ts';
import { byteListOf, bytesOf, digitsOf, isPlainObject, withBytes } from './values.ts';

/** A value, or a key, in which a number was found. */
export interface Hit {
  /** Of a key: ends in the key. Goes through JSON texts as if they were what they hold. */
  readonly path: Path;
  /** The value, or the key itself. */
  readonly value: unknown;
  /**
   * - `binary`: bytes, also as a list of small numbers
   * - `other`: a regular expression, code, a reference: what no mask can be written into
   * - `parts`: one of several fields that hold a number together, the last of them
   */
  readonly kind: 'string' | 'number' | 'binary' | 'key' | 'parts' | 'other';
  readonly inJson: boolean;
  readonly mentions: readonly Mention[];
  readonly encoded: readonly Encoded[];
  /** Of `parts`: all of them. */
  readonly parts?: readonly Part[];
}

const { EJSON } = mongoose.mongo.BSON;

/** JSON in JSON, base64 in base64: what is deeper is read as plain text. */
const MOST_LAYERS = 4;

/** Opens JSON texts, each of them once. */
export function createOpener(): Open {
  const opened = new Map<string, object | undefined>();
  return (value) => {
    if (typeof value !== 'string') return value;
    if (!opened.has(value)) opened.set(value, readJson(value));
    return opened.get(value) ?? value;
  };
}

/**
 * Finds every number in a document: in strings, numbers, keys, bytes, JSON in strings and base64, at any depth. Linear
 * in the document.
 * @param layers how many more layers of JSON and base64 are looked into
 */
export function walk(document: unknown, matcher: NumberMatcher, open: Open, layers = MOST_LAYERS): Hit[] {
  const hits: Hit[] = [];
  const path: (string | number)[] = [];

  const visitText = (value: string, kind: 'string' | 'key', inJson: boolean, left: number) => {
    const { mentions, encoded } = readText(value, matcher, left);
    if (mentions.length + encoded.length > 0) hits.push({ path: [...path], value, kind, inJson, mentions, encoded });
  };

  const visit = (value: unknown, inJson: boolean, left: number): void => {
    if (typeof value === 'string') {
      const inner = left > 0 && mayHoldNumbers(value, matcher) ? open(value) : value;
      if (typeof inner === 'string') visitText(inner, 'string', inJson, left);
      else visit(inner, true, left - 1);
    } else if (byteListOf(value) !== undefined) visitTyped(value, inJson);
    else if (Array.isArray(value)) {
      value.forEach((element, index) => {
        path.push(index);
        visit(element, inJson, left);
        path.pop();
      });
    } else if (isPlainObject(value)) {
      for (const key of Object.keys(value)) {
        path.push(key);
        visitText(key, 'key', inJson, left);
        visit(value[key], inJson, left);
        path.pop();
      }
    } else visitTyped(value, inJson);
  };

  const visitTyped = (value: unknown, inJson: boolean) => {
    const [kind, mentions] = readTyped(value, matcher);
    if (mentions.length > 0) hits.push({ path: [...path], value, kind, inJson, mentions, encoded: [] });
  };

  visit(document, false, layers);
  return hits.length > 0 ? withoutIdentifiers(hits) : hits;
}

function mayHoldNumbers(text: string, matcher: NumberMatcher): boolean {
  return matcher.mayHold(text) || mayHoldBase64(text);
}

/** Numbers, bytes, and what else may hold a text. */
function readTyped(value: unknown, matcher: NumberMatcher): [Hit['kind'], readonly Mention[]] {
  const digits = digitsOf(value);
  if (digits !== undefined) return ['number', matcher.mayHold(digits) ? matcher.findNumber(digits) : NONE];
  const bytes = bytesOf(value) ?? byteListOf(value);
  if (bytes !== undefined) return ['binary', findInBytes(bytes, matcher)];
  return ['other', findIn(otherTextOf(value), matcher)];
}

const NONE: readonly Mention[] = [];
const findIn = (text: string, matcher: NumberMatcher) => (matcher.mayHold(text) ? matcher.find(text) : NONE);

function otherTextOf(value: unknown): string {
  switch (bsonTypeOf(value)) {
    case 'regex':
      return String((value as { source?: string; pattern?: string }).source ?? (value as { pattern: string }).pattern);
    // The whole of it: code may have a scope, and a reference (DBRef), which is no plain object, fields of any depth.
    case 'javascript':
    case 'object':
      return EJSON.stringify(value, { relaxed: true });
    case 'symbol':
      return String(value);
    default:
      return '';
  }
}

const NOTHING: Pick<Hit, 'mentions' | 'encoded'> = { mentions: [], encoded: [] };

/** What a text mentions, by itself and in encodings. */
function readText(text: string, matcher: NumberMatcher, layers: number): Pick<Hit, 'mentions' | 'encoded'> {
  if (text.length < FEWEST_DIGITS) return NOTHING;
  return { mentions: findIn(text, matcher), encoded: layers > 0 ? readEncoded(text, matcher, layers) : [] };
}

function readEncoded(text: string, matcher: NumberMatcher, layers: number): Encoded[] {
  return findInEncodings(text, {
    mask: (inner) => maskAny(inner, matcher, layers - 1),
    maskBytes: (bytes) => maskBytes(bytes, matcher),
  });
}

/** A text with all that is surely one of the numbers masked; every other character stays. */
function maskText(text: string, { mentions, encoded }: Pick<Hit, 'mentions' | 'encoded'>): string {
  const sure = mentions.filter((mention) => mention.sure);
  if (encoded.length === 0) return maskMentions(text, sure);
  const parts: string[] = [];
  let kept = 0;
  let next = 0;
  const maskUpTo = (end: number) => {
    const own: Mention[] = [];
    for (; next < sure.length; next += 1) {
      const mention = sure[next] as Mention;
      if (mention.start >= end) break;
      // One that reaches into base64 stays, and is found by the next look.
      if (mention.start >= kept && mention.end <= end)
        own.push({ ...mention, start: mention.start - kept, end: mention.end - kept });
    }
    return maskMentions(text.slice(kept, end), own);
  };
  for (const { start, end, written } of encoded) {
    parts.push(maskUpTo(start), written);
    kept = end;
  }
  return parts.join('') + maskUpTo(text.length);
}

/** Masks a decoded text, inside of JSON when it is JSON. */
function maskAny(text: string, matcher: NumberMatcher, layers: number): Masked {
  const json = layers > 0 && mayHoldNumbers(text, matcher) ? readJson(text) : undefined;
  if (json === undefined) {
    const read = readText(text, matcher, layers);
    return { written: maskText(text, read), finds: findsOf(read) };
  }
  const changes = noChanges();
  const hits = walk(json, matcher, createOpener(), layers - 1);
  for (const hit of hits) {
    const masked = maskHit(hit, matcher);
    if (hit.kind === 'key') noteName(changes, hit.path, String(masked));
    else if (masked !== hit.value) note(changes, hit.path, { kind: 'set', value: masked });
  }
  return { written: hits.length > 0 ? spliceJson(text, changes) : text, finds: hits.flatMap(findsOf) };
}

/** Everything that was found in a value. */
export function findsOf({ mentions, encoded }: Pick<Hit, 'mentions' | 'encoded'>): InnerFind[] {
  return [...mentions, ...encoded.flatMap(({ finds }) => finds)];
}

/**
 * The value, or the key, with its numbers masked: digits in a text, null for a number.
 * @returns the value itself where nothing can be, or is to be, masked
 */
export function maskHit(hit: Hit, matcher: NumberMatcher): unknown {
  switch (hit.kind) {
    case 'string':
    case 'key':
      return maskText(hit.value as string, hit);
    case 'number':
      return hit.mentions.some(({ sure }) => sure) ? null : hit.value;
    case 'binary': {
      const bytes = latin1Of(bytesOf(hit.value) ?? byteListOf(hit.value) ?? new Uint8Array());
      const { written } = maskBytes(bytes, matcher);
      return written === bytes ? hit.value : withBytes(hit.value, Buffer.from(written, 'latin1'));
    }
    case 'parts':
    case 'other':
      return hit.value;
  }
}
