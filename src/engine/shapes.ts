import type mongoose from 'mongoose';
import { applyStrategy, type FieldChange, type Replacements, type Strategy } from './map/strategies.ts';

type Document = mongoose.mongo.Document;

/**
 * What a field may hold, as far as a change must know: a text, a list that begins with a text, another list, an object,
 * or a value of another type. What holds nothing (`null`, '', [], {}) or is missing is no kind: it is left as it is.
 */
export const KINDS = ['text', 'texts', 'list', 'object', 'other'] as const;
export type Kind = (typeof KINDS)[number];

/** What is written into one field of the record itself, by what it holds. */
export interface FieldWrite {
  /** As MongoDB names it: `contact.name`. */
  readonly path: string;
  readonly by: KindWrites;
}

export type KindWrites = Readonly<Record<Kind, Exclude<FieldChange, 'keep'>>>;

/**
 * What a strategy makes of a field. The platform's own models must still load and save the record: an object stays an
 * object, a list a list, and a number, a date or the like becomes null, as no text may stand in its place.
 * @returns null when the field is kept
 */
export function writesFor(strategy: Strategy, words: Replacements): KindWrites | null {
  const change = applyStrategy(strategy, 'string', words);
  if (change === 'keep') return null;
  if (change === 'unset') return { text: change, texts: change, list: change, object: change, other: change };
  const text = change.set;
  const isWord = typeof text === 'string' && text !== '';
  return {
    text: change,
    texts: { set: isWord ? [text] : [] },
    list: { set: [] },
    object: { set: {} },
    other: { set: null },
  };
}

/** Stands for each kind in a class; `-` for nothing. */
const LETTERS = { text: 's', texts: 't', list: 'l', object: 'o', other: 'x' } as const satisfies Record<Kind, string>;
/** The way to the field is barred: a text or a list stands where the map has an object. */
export const BARRED = '!';

/** The kind a letter of a class stands for. */
export function kindOfLetter(letter: string): Kind | undefined {
  return KINDS.find((kind) => LETTERS[kind] === letter);
}

const NOTHING_TYPES = ['missing', 'null', 'undefined'];

/** An expression for the shapes of several fields: one letter each, `s-o`. Records with the same text are changed alike. */
export function classExpression(paths: readonly string[]): Document {
  return { $concat: paths.map(letterExpression) };
}

function letterExpression(path: string): unknown {
  const value = valueExpression(path);
  const type = { $type: value };
  const barred = barredExpression(path);
  const isWordFirst = { $eq: [{ $type: { $arrayElemAt: [value, 0] } }, 'string'] };
  const cases: [condition: Document, letter: unknown][] = [
    ...(barred === null ? [] : [[barred, BARRED] satisfies [Document, unknown]]),
    [{ $in: [type, NOTHING_TYPES] }, '-'],
    [{ $in: [value, ['', [], {}]] }, '-'],
    [{ $in: [type, ['string', 'symbol']] }, LETTERS.text],
    [{ $eq: [type, 'array'] }, { $cond: [isWordFirst, LETTERS.texts, LETTERS.list] }],
    [{ $eq: [type, 'object'] }, LETTERS.object],
  ];
  return cases.reduceRight<unknown>(
    (rest, [condition, letter]) => ({ $cond: [condition, letter, rest] }),
    LETTERS.other,
  );
}

/** Does something stand on the way that is neither an object nor nothing? A number as a name reaches into an array. */
function barredExpression(path: string): Document | null {
  const names = path.split('.');
  const bars = names.slice(1).map((name, index) => {
    const before = valueExpression(names.slice(0, index + 1).join('.'));
    const open = [...NOTHING_TYPES, 'object', ...(isIndex(name) ? ['array'] : [])];
    return { $not: [{ $or: [{ $in: [{ $type: before }, open] }, { $in: [before, ['', []]] }] }] };
  });
  return bars.length === 0 ? null : { $or: bars };
}

const isIndex = (name: string) => /^\d+$/.test(name);

/** The value at a dotted path; expressions do not reach into arrays by a number as queries do. */
function valueExpression(path: string): Document | string {
  const names = path.split('.');
  const at = names.findIndex((name, index) => index > 0 && isIndex(name));
  if (at < 0) return `$${path}`;
  return namesExpression(`$${names.slice(0, at).join('.')}`, names.slice(at), 0);
}

function namesExpression(from: Document | string, names: readonly string[], depth: number): Document | string {
  const [name, ...rest] = names;
  if (name === undefined) return from;
  const variable = `v${depth}`;
  const plain = rest.findIndex(isIndex);
  const upTo = plain < 0 ? rest.length : plain;
  const element = { $cond: [{ $isArray: from }, { $arrayElemAt: [from, Number(name)] }, null] };
  const inner = [`$$${variable}`, ...rest.slice(0, upTo)].join('.');
  return { $let: { vars: { [variable]: element }, in: namesExpression(inner, rest.slice(upTo), depth + 1) } };
}

/**
 * Matches records in which the field holds something else than what would be written.
 * @param name the field, within whatever the condition is about
 */
export function stillHolds(name: string, by: KindWrites): Document {
  const written = KINDS.map((kind) => by[kind]).flatMap((change) => (change === 'unset' ? [] : [change.set]));
  const plain = written.filter((value) => !Array.isArray(value));
  const lists = written.filter((value): value is unknown[] => Array.isArray(value) && value.length > 0);
  return {
    $nor: [
      { [name]: { $in: [null, '', {}, ...plain], $not: { $type: 'array' } } },
      { [name]: { $size: 0 } },
      // As its whole value, not as one element of several.
      ...lists.map((list) => ({ $and: [{ [name]: { $eq: list } }, { [name]: { $size: list.length } }] })),
    ],
  };
}

/** Conditions on one element of an array, in which a field holds a value of the kind; for an arrayFilter. */
export function elementHolds(name: string, kind: Kind): Document {
  const notList = { $not: { $type: 'array' } };
  switch (kind) {
    case 'text':
      return { [name]: { $type: ['string', 'symbol'], $ne: '', ...notList } };
    case 'texts':
      return { [name]: { $type: 'array' }, [`${name}.0`]: { $type: 'string' } };
    case 'list':
      return { [name]: { $type: 'array', $ne: [] }, [`${name}.0`]: { $not: { $type: 'string' } } };
    case 'object':
      return { [name]: { $type: 'object', $ne: {}, ...notList } };
    case 'other':
      return {
        [name]: { $exists: true, $nin: [null], $not: { $type: ['string', 'symbol', 'array', 'object', 'undefined'] } },
      };
  }
}
