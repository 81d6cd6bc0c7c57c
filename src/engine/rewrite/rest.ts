import type { PhoneNumber } from '../../phone/number.ts';
import { isCovered, isKeyCovered, note, noteName } from './changes.ts';
import type { Path, RewriteFailure } from './edits.ts';
import { changeField } from './fields.ts';
import { withoutLines } from './lines.ts';
import { align, describePath, isElement, placeOf, valueAtPath } from './places.ts';
import type { FieldRule } from './rules.ts';
import { isFixed, type Scene } from './scene.ts';
import { findsOf, type Hit, maskHit } from './walk.ts';

/**
 * Notes what becomes of the numbers nothing has been noted for: mentions in texts, numbers among others, and what stands
 * where the map names nothing.
 * @param isMapped does the hit stand at a number's place?
 * @returns what cannot be changed
 */
export function maskRest(scene: Scene, isMapped: (hit: Hit) => boolean): RewriteFailure[] {
  const { changes, matcher, rules } = scene;
  return scene.hits.flatMap((hit): RewriteFailure[] => {
    if (hit.kind === 'key' ? isKeyCovered(changes, hit.path) : isCovered(changes, hit.path)) return [];
    const finds = findsOf(hit);
    const fail = (numbers: readonly PhoneNumber[], why: RewriteFailure['why']) =>
      [...new Set(numbers)].map((number) => ({ number, path: describePath(hit.path, hit.kind === 'key'), why }));
    const sure = finds.filter((find) => find.sure).map(({ number }) => number);
    const failures = fail(
      finds.filter((find) => !find.sure).map(({ number }) => number),
      'ambiguous_number',
    );
    const [first] = sure;
    if (first === undefined) return failures;
    if (isFixed(scene, hit.path)) return [...failures, ...fail(sure, 'number_in_id')];
    if (hit.kind === 'other') return [...failures, ...fail(sure, 'unsupported_type')];
    if (!isMapped(hit) && !isNamed(scene, hit.path) && rules.unmapped === 'fail')
      return [...failures, ...fail(sure, 'unmapped_number')];
    changeRecording(scene, hit, first);
    if (changeAround(scene, hit, first)) return failures;
    if (hit.kind === 'key') noteName(changes, hit.path, String(maskHit(hit, matcher)));
    // A recording's reference may just have been noted: that stays.
    else note(changes, hit.path, { kind: 'set', value: maskHit(hit, matcher) });
    return failures;
  });
}

/** Does the map name the place, as a number's or as a field's? */
export function isNamed({ entries }: Scene, path: Path): boolean {
  return entries.some(
    ({ numbers, fields }) =>
      numbers.some((rule) => align(path, placeOf(rule.path)) !== undefined) ||
      fields.some((field) => fieldAt(field, path) !== undefined),
  );
}

/** Where the field begins that the path lies in. */
function fieldAt(field: FieldRule, path: Path): Path | undefined {
  if (field.anywhere) {
    const at = path.indexOf(field.path.text);
    return at < 0 ? undefined : path.slice(0, at + 1);
  }
  const place = placeOf(field.path);
  const alignment = align(path, place);
  return alignment?.count === place.names.length ? path.slice(0, alignment.ends.at(-1)) : undefined;
}

/** What goes with a mention where the map says so. @returns whether it does */
function changeAround(scene: Scene, hit: Hit, number: PhoneNumber): boolean {
  for (const field of scene.entries.flatMap(({ fields }) => fields)) {
    const start = field.around === undefined ? undefined : fieldAt(field, hit.path);
    if (start === undefined || field.strategy === 'keep') continue;
    // `rows[]`: the row that mentions it.
    const isOfList = field.path.text.endsWith('[]') && isElement(hit.path[start.length] ?? '');
    const path = isOfList ? hit.path.slice(0, start.length + 1) : start;
    const lines = field.around === 'line' ? withoutLinesOf(hit) : undefined;
    // What is no text, or is encoded, has no lines: all of it goes.
    if (lines === undefined)
      changeField(scene, field, { path, value: valueAtPath(scene.document, path, scene.open) }, { number });
    else note(scene.changes, hit.path, { kind: 'set', value: lines });
    return isCovered(scene.changes, hit.path);
  }
  return false;
}

function withoutLinesOf({ kind, value, mentions, encoded }: Hit): string | undefined {
  if (kind !== 'string' || encoded.length > 0) return undefined;
  return withoutLines(
    String(value),
    mentions.filter(({ sure }) => sure),
  );
}

/** A recording that is called by the number is the person's, and could not be found by its reference with a mask in it. */
function changeRecording(scene: Scene, hit: Hit, number: PhoneNumber): void {
  for (const field of scene.entries.flatMap(({ fields }) => fields)) {
    const path = field.category === 'recording' ? fieldAt(field, hit.path) : undefined;
    if (path !== undefined)
      changeField(scene, field, { path, value: valueAtPath(scene.document, path, scene.open) }, { number });
  }
}
