import type { NumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { arrayOf, type FieldPath } from '../map/paths.ts';
import { note } from './changes.ts';
import { type Path, type Rewrite, UNCHANGED } from './edits.ts';
import { actionOn, changeField, isBesideAnother } from './fields.ts';
import { changeNumber, findMapped, withoutParts } from './mapped.ts';
import { markRecord } from './mark.ts';
import { hasChanges, listChanges } from './outcome.ts';
import { describePath, type Instance, instancesAt, instancesOf, placeOf, valueAtPath } from './places.ts';
import { findRecordings } from './recordings.ts';
import { maskRest } from './rest.ts';
import type { CollectionRules, EntryRules, Subjects } from './rules.ts';
import { type Document, openScene, type Scene } from './scene.ts';

/** How a record says whose it is: by the keys of others. */
export interface Link {
  /** The entry that says so. */
  readonly name: string;
  /** Where the record has the key, or several. */
  readonly field: FieldPath;
  /** Is a value a key of the person's own records? */
  has(value: unknown): boolean;
  /** What becomes of what the record says of several people at once. */
  readonly shared: 'fail' | 'keep';
}

/**
 * What becomes of a document that is known to be a person's though it need not hold their number: one of another
 * record's. All fields of the entry change, in every element; of an array whose elements say whose they are, only in the
 * person's. Numbers change where they are the person's.
 * @throws as `rewrite`
 */
export function rewriteTheirs(
  document: Document,
  rules: CollectionRules,
  link: Link,
  number: PhoneNumber,
  subjects: Subjects,
  matcher: NumberMatcher,
  now: Date,
): Rewrite {
  const scene = withoutParts(openScene(document, rules, subjects, matcher, now));
  const { name } = link;
  const entry = scene.entries.find((one) => one.name === name);
  if (entry === undefined) return UNCHANGED;
  if (entry.scheduled?.(document)) return { ...UNCHANGED, waiting: [number] };
  const found = [{ number, path: '_id', as: 'mapped', name, own: true } as const];
  const { elements, isShared } = readLink(scene, link);
  const goes = entry.fate === 'delete' && entry.elements === undefined;
  const isDeleted = goes && !isShared;
  const words = scene.wordsFor(number);

  const mapped = isDeleted ? [] : findMapped(scene, entry);
  let isRefused = goes && isShared;
  if (!isDeleted) {
    const array = arrayOf(link.field.text);
    if (entry.fate === 'delete' && entry.elements?.text === array)
      for (const path of elements) note(scene.changes, path, { kind: 'remove' });
    for (const one of mapped) changeNumber(scene, one);
    for (const { field, instance } of fieldsOf(scene, entry, array, elements, number)) {
      const isBeside = array !== '' && field.path.text.startsWith(array) && !field.all;
      if (isShared && !isBeside) isRefused ||= actionOn(scene, field, instance, number) !== undefined;
      else changeField(scene, field, instance, { number });
    }
  }
  if (isRefused && link.shared === 'fail')
    return { ...UNCHANGED, failures: [{ number, path: link.field.text, why: 'shared_record' }] };
  const places = new Set(mapped.map(({ hit }) => hit));
  const failures = isDeleted || rules.keepsNumbers ? [] : maskRest(scene, (hit) => places.has(hit));
  const { files, unreadable } = findRecordings(scene, words, isDeleted);
  if (unreadable.length > 0) {
    const paths = [...new Set(unreadable.map((path) => describePath(path)))];
    return { ...UNCHANGED, failures: paths.map((path) => ({ number, path, why: 'unsupported_type' })) };
  }
  if (isDeleted) return { ...UNCHANGED, fate: 'deleted', reasons: reasonsOf(scene, link), found, files };
  if (!hasChanges(listChanges(document, scene.changes))) return { ...UNCHANGED, found, files, failures };
  // By itself a mark would be set anew each time.
  markRecord(scene, entry);
  return { ...UNCHANGED, ...listChanges(document, scene.changes), fate: 'changed', found, files, failures };
}

/** The elements that are the person's, and whether the record is other people's, too. */
function readLink(scene: Scene, { field, has }: Link): { elements: Path[]; isShared: boolean } {
  const elements: Path[] = [];
  let isShared = false;
  for (const { path, value } of keysAt(scene, field)) {
    if (!has(value)) isShared ||= value !== null && value !== undefined && value !== '';
    else {
      const last = path.findLastIndex((step) => typeof step === 'number');
      if (last >= 0) elements.push(path.slice(0, last + 1));
    }
  }
  return { elements, isShared };
}

/** The key for whose sake a record goes; one in a list may have got others beside it since. */
function reasonsOf(scene: Scene, { field }: Link): Rewrite['reasons'] {
  const keys = [...keysAt(scene, field)].filter(({ path }) => path.every((step) => typeof step === 'string'));
  return keys.map(({ path, value }) => ({ path, value, isKey: false }));
}

/** Every key the record has: a list of them is several. */
function* keysAt(scene: Scene, field: FieldPath): Generator<Instance> {
  for (const instance of instancesAt({ path: [], value: scene.document }, placeOf(field).names, scene.open))
    if (Array.isArray(instance.value))
      for (const [index, value] of instance.value.entries()) yield { path: [...instance.path, index], value };
    else yield instance;
}

/** The fields that are the person's, as far as they are there: in an array that has keys, of the person's elements. */
function* fieldsOf(
  scene: Scene,
  { fields }: EntryRules,
  array: string,
  elements: readonly Path[],
  number: PhoneNumber,
) {
  const whole: Instance = { path: [], value: scene.document };
  for (const field of fields) {
    if (field.strategy === 'keep' || field.maskInText) continue;
    // A list is gone through as a whole: it is theirs whoever else stands in it.
    const beside = field.beside?.filter(({ text }) => !text.includes('[]'));
    if (isBesideAnother(scene, { ...field, beside }, scene.document, 0, number)) continue;
    if (field.anywhere) {
      for (const instance of instancesOf(scene.document, field, scene.open)) yield { field, instance };
      continue;
    }
    const { names } = placeOf(field.path);
    const isBeside = array !== '' && field.path.text.startsWith(array) && !field.all;
    const depth = array.replaceAll('[]', '').split('.').length;
    const starts = isBeside
      ? elements.map((path): Instance => ({ path, value: valueAtPath(scene.document, path, scene.open) }))
      : [whole];
    for (const start of starts)
      for (const instance of instancesAt(start, isBeside ? names.slice(depth) : names, scene.open))
        yield { field, instance };
  }
}
