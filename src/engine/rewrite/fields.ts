import { isDeepStrictEqual } from 'node:util';
import { FEWEST_DIGITS } from '../../phone/interpret.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { arrayOf, type FieldPath } from '../map/paths.ts';
import { type Action, type Changes, noChanges, note, noteName } from './changes.ts';
import { type Path, REMOVED } from './edits.ts';
import { holdsOtherJoined } from './joined.ts';
import { digitsIn, holdsAnother, type Mapped, withoutMentions } from './mapped.ts';
import {
  type Instance,
  instancesAt,
  instancesOf,
  isElement,
  leavesAlong,
  type Place,
  placeOf,
  throughElements,
  valueAtPath,
} from './places.ts';
import type { EntryRules, FieldRule } from './rules.ts';
import type { Scene } from './scene.ts';
import { changeValue, digitsOf } from './values.ts';

/**
 * Notes what becomes of the fields beside a number: those of the same array element, those of the elements it lies in,
 * and those of the record. Elements that have a number of their own are other people's.
 */
export function changeFields(scene: Scene, mapped: Mapped): void {
  const { entry, own } = mapped;
  entry.fields.forEach((field, index) => {
    if (field.strategy === 'keep' || field.maskInText || isByMention(entry, field)) return;
    if (field.anywhere) {
      changeEverywhere(scene, mapped, index);
      return;
    }
    const scope = scopeOf(mapped, field);
    const isTheirs = isInTheirObject(mapped, field, scope) || scope.path.some(isElement);
    // Where elements are the records, what stands outside of them is not theirs.
    if (!isTheirs && (!own || (entry.fate === 'delete' && entry.elements !== undefined))) return;
    if (!field.all && isOthers(entry, placeOf(field.path), scope.common)) return;
    const key = JSON.stringify(['field', scene.entries.indexOf(entry), index, scope.path]);
    if (scene.done.has(key)) return;
    scene.done.add(key);
    const isShared = field.onlyIfAlone || (field.around === 'line' && isOneOfMany(mapped, scope));
    if (isShared && othersLeft(scene, entry)) return;
    const start = { path: scope.path, value: valueAtPath(scene.document, scope.path, scene.open) };
    if (isBesideAnother(scene, field, start.value, scope.common, mapped.number)) return;
    for (const instance of instancesAt(start, scope.names, scene.open)) changeField(scene, field, instance, mapped);
  });
}

/** Does the number stand in a list, or among keys, that the field stands beside: lines of it may be of all who stand there? */
function isOneOfMany({ rule }: Mapped, { common }: Scope): boolean {
  return [...placeOf(rule.path).arrays].some((depth) => depth > common);
}

/** How many names lead to the object in which number and field stand; to the number itself where it stands in the field. */
const depthOf = (field: FieldPath, number: FieldPath) => {
  const [names, ofNumber] = [placeOf(field).names.length, placeOf(number).names.length];
  return field.text === number.text ? names : Math.min(ofNumber - 1, names);
};

/** Is the number one that says whose the field is? */
function isInTheirObject({ rule }: Mapped, { path, beside = [] }: FieldRule, { common }: Scope): boolean {
  const isBeside = beside.some(({ text }) => text === rule.path.text);
  return isBeside && common >= depthOf(path, rule.path);
}

/** Does somebody else's number say that the field is theirs? @param start the value that `common` names lead to */
export function isBesideAnother(
  scene: Scene,
  { path, beside = [] }: FieldRule,
  start: unknown,
  common: number,
  number: PhoneNumber,
): boolean {
  return beside.some((place) => {
    const { names } = placeOf(place);
    if (common >= depthOf(path, place)) return false;
    return holdsAnother(scene, start, names.slice(common), number);
  });
}

/** Of a list in which no number is mapped only what mentions one goes: `rows[]` of an uploaded file. */
function isByMention({ numbers }: EntryRules, { path, all, anywhere, around }: FieldRule): boolean {
  if (around === undefined || all || anywhere) return false;
  const array = arrayOf(path.text);
  return array !== '' && !numbers.some((one) => one.path.text.startsWith(array));
}

/** The field wherever it stands, other people's elements included. */
function changeEverywhere(scene: Scene, mapped: Mapped, index: number): void {
  const { entry, own } = mapped;
  const field = entry.fields[index];
  const key = JSON.stringify(['anywhere', scene.entries.indexOf(entry), index]);
  if (field === undefined || scene.done.has(key)) return;
  if (!own || (entry.fate === 'delete' && entry.elements !== undefined)) return;
  scene.done.add(key);
  if (field.onlyIfAlone && othersLeft(scene, entry)) return;
  for (const instance of instancesOf(scene.document, field, scene.open)) changeField(scene, field, instance, mapped);
}

/** Notes what becomes of one field. */
export function changeField(
  scene: Scene,
  field: FieldRule,
  instance: Instance,
  { number }: Pick<Mapped, 'number'>,
): void {
  const action = actionOn(scene, field, instance, number);
  if (action !== undefined) note(scene.changes, instance.path, action);
}

/** What becomes of a field's value; undefined for one that stays. */
export function actionOn(
  scene: Scene,
  field: FieldRule,
  { path, value }: Instance,
  number: PhoneNumber,
): Action | undefined {
  const written = changeValue(value, field.strategy, scene.wordsFor(number));
  if (written === REMOVED) return { kind: 'remove' };
  // What is written keeps the keys of objects: numbers among them would stay.
  if (typeof written === 'object' && written !== null && written !== value && hasKeyWithin(scene, path))
    return { kind: 'set', value: Array.isArray(written) ? [] : {} };
  return isDeepStrictEqual(written, value) ? undefined : { kind: 'set', value: written };
}

const KEYS = new WeakMap<Scene['hits'], Changes>();

/** Is there a number among the keys within the value at the path? */
function hasKeyWithin({ hits }: Scene, path: Path): boolean {
  const keys = KEYS.get(hits) ?? noChanges();
  if (!KEYS.has(hits)) for (const hit of hits) if (hit.kind === 'key') noteName(keys, hit.path, '');
  KEYS.set(hits, keys);
  const place = path.reduce<Changes | undefined>((within, step) => within?.children.get(step), keys);
  return place !== undefined && place.children.size > 0;
}

interface Scope {
  /** Where the field is looked for, and the names from there on. */
  readonly path: Path;
  readonly names: readonly string[];
  /** How many names number and field share. */
  readonly common: number;
}

/** The innermost object that number and field share. */
function scopeOf({ rule, hit, alignment }: Mapped, field: FieldRule): Scope {
  const { names } = placeOf(field.path);
  const others = placeOf(rule.path).names;
  let common = 0;
  while (common < alignment.count && common < names.length && names[common] === others[common]) common += 1;
  while (alignment.ends[common] === undefined) common -= 1;
  const pathAt = (count: number) => throughElements(hit.path, alignment.ends[count] ?? 0);
  if (field.all)
    for (let count = common; count >= 0; count -= 1) {
      const end = alignment.ends[count] ?? 0;
      if (pathAt(count).length > end) return { path: hit.path.slice(0, end), names: names.slice(count), common };
    }
  return { path: pathAt(common), names: names.slice(common), common };
}

/** Does the field lie in an array, beyond what it shares with the number, whose elements have numbers of their own? */
function isOthers(entry: EntryRules, field: Place, common: number): boolean {
  // A list of people as a field: beyond it lie the numbers of its elements.
  const lists = new Set([...field.arrays, field.names.length]);
  return [...lists].some(
    (depth) =>
      depth > common &&
      entry.numbers.some(({ path }) => {
        const { names, arrays } = placeOf(path);
        return arrays.has(depth) && field.names.slice(0, depth).every((name, index) => names[index] === name);
      }),
  );
}

/** What an erasure leaves of a number. */
const MASK = /\d{0,3}\*+\d{0,2}/g;

/** Does a number that nobody looks for, and that is not the account's, stand at one of the entry's number paths? */
function othersLeft(scene: Scene, entry: EntryRules): boolean {
  if (holdsOtherJoined(scene, entry)) return true;
  const own = entry.ownNumber?.(scene.document);
  return entry.numbers.some(({ path }) => {
    if (path.text === own) return false;
    for (const leaf of leavesAlong(scene.document, placeOf(path).names, scene.open))
      if (isOther(scene, leaf)) return true;
    return false;
  });
}

function isOther({ matcher }: Scene, leaf: unknown): boolean {
  const digits = digitsOf(leaf);
  if (digits !== undefined)
    return digitsIn(digits) >= FEWEST_DIGITS && !matcher.findNumber(digits).some(({ sure }) => sure);
  if (typeof leaf !== 'string') return false;
  const sure = matcher.find(leaf).filter((mention) => mention.sure);
  const left = digitsIn(withoutMentions(leaf, sure).replace(MASK, ''));
  // `+4477..., and 3 others`
  return left >= (sure.length > 0 && sure[0]?.whole !== true ? 1 : FEWEST_DIGITS);
}
