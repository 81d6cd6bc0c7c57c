import type { NumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { type Rewrite, UNCHANGED } from './edits.ts';
import { changeField } from './fields.ts';
import { changeNumber, findMapped } from './mapped.ts';
import { listChanges } from './outcome.ts';
import { describePath, instancesAt, placeOf } from './places.ts';
import { findRecordings } from './recordings.ts';
import { maskRest } from './rest.ts';
import type { CollectionRules, Subjects } from './rules.ts';
import { type Document, openScene } from './scene.ts';

/**
 * What becomes of a document that is known to be a person's though it need not hold their number: one of another
 * record's. All fields of the entry change, in every element; numbers change where they are the person's.
 * @param name the entry that says so
 * @throws as `rewrite`
 */
export function rewriteTheirs(
  document: Document,
  rules: CollectionRules,
  name: string,
  number: PhoneNumber,
  subjects: Subjects,
  matcher: NumberMatcher,
  now: Date,
): Rewrite {
  const scene = openScene(document, rules, subjects, matcher, now);
  const entry = scene.entries.find((one) => one.name === name);
  if (entry === undefined) return UNCHANGED;
  if (entry.scheduled?.(document)) return { ...UNCHANGED, waiting: [number] };
  const found = [{ number, path: '_id', as: 'mapped', name } as const];
  const isDeleted = entry.fate === 'delete' && entry.elements === undefined;
  const words = scene.wordsFor(number);

  const mapped = isDeleted ? [] : findMapped(scene, entry);
  if (!isDeleted) {
    for (const one of mapped) changeNumber(scene, one);
    for (const field of entry.fields) {
      if (field.strategy === 'keep' || field.maskInText) continue;
      const start = { path: [], value: document };
      for (const instance of instancesAt(start, placeOf(field.path).names, scene.open))
        changeField(scene, field, instance, { number });
    }
  }
  const places = new Set(mapped.map(({ hit }) => hit));
  const failures = isDeleted ? [] : maskRest(scene, (hit) => places.has(hit));
  const { files, unreadable } = findRecordings(scene, words, isDeleted);
  if (unreadable.length > 0) {
    const paths = [...new Set(unreadable.map((path) => describePath(path)))];
    return { ...UNCHANGED, failures: paths.map((path) => ({ number, path, why: 'unsupported_type' })) };
  }
  if (isDeleted) return { ...UNCHANGED, fate: 'deleted', found, files };
  const changes = listChanges(document, scene.changes);
  const isChanged = changes.edits.length + changes.pulled.length + changes.renamed.length > 0;
  return { ...UNCHANGED, ...changes, fate: isChanged ? 'changed' : 'unchanged', found, files, failures };
}
