import { FEWEST_DIGITS } from '../../phone/interpret.ts';
import { maskNumber } from '../../phone/mask.ts';
import type { NumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { partText } from '../../phone/parts.ts';
import type { NumberReader } from '../../phone/reader.ts';
import { note } from './changes.ts';
import { type Path, REMOVED } from './edits.ts';
import { type Instance, instancesAt, type Open, placeOf, valueAtPath } from './places.ts';
import type { EntryRules, JoinedRule, NumberRule } from './rules.ts';
import type { Scene } from './scene.ts';
import { changeValue } from './values.ts';
import type { Hit } from './walk.ts';

/** One of the fields that hold a number together. */
export interface Part {
  readonly rule: NumberRule;
  readonly path: Path;
  readonly value: unknown;
}

/** The fields of a record that hold a number together, those that hold something of it. */
type Parts = readonly Part[];

/** Wherever the fields stand, arrays that the map does not name on the way included. */
function* partsOf(document: unknown, { parts }: JoinedRule, open: Open): Generator<Parts> {
  const names = parts.map(({ path }) => placeOf(path).names);
  const [first = []] = names;
  let common = 0;
  while (names.every((one) => common < one.length - 1 && one[common] === first[common])) common += 1;
  for (const { path, value } of objectsAt({ path: [], value: document }, first.slice(0, common), open)) {
    const found = parts.map((rule, index): Part => {
      const way = (names[index] ?? []).slice(common);
      return { rule, path: [...path, ...way], value: valueAtPath(value, way, open) };
    });
    yield found;
  }
}

/** The objects at some names: where a list stands in the place of one, its elements. */
function* objectsAt(start: Instance, names: readonly string[], open: Open): Generator<Instance> {
  for (const instance of instancesAt(start, names, open)) {
    const inner = open(instance.value);
    if (!Array.isArray(inner)) yield instance;
    else
      for (const [index, value] of inner.entries())
        yield* objectsAt({ path: [...instance.path, index], value }, [], open);
  }
}

/**
 * The hits of a document with those of numbers in several fields: what a part holds by itself is nobody's number then,
 * as `0871234567` beside `353` is Irish and not British.
 */
export function withJoined(
  hits: readonly Hit[],
  document: unknown,
  entries: readonly Pick<EntryRules, 'joined'>[],
  matcher: NumberMatcher,
  open: Open,
): readonly Hit[] {
  let all = hits;
  for (const rule of entries.flatMap(({ joined = [] }) => joined)) {
    for (const parts of partsOf(document, rule, open)) {
      const mentions = matcher.findParts(
        parts.map(({ value }) => value),
        rule.code,
      );
      if (mentions === null) continue;
      const held = parts.filter(({ value }) => partText(value) !== '');
      const last = held.at(-1);
      if (last === undefined) continue;
      const taken = new Set(held.map(({ path }) => keyOf(path)));
      all = all.filter((hit) => hit.kind === 'key' || !taken.has(keyOf(hit.path)));
      const { path, value } = last;
      if (mentions.length > 0)
        all = [...all, { path, value, kind: 'parts', inJson: false, mentions, encoded: [], parts: held }];
    }
  }
  return all;
}

const keyOf = (path: Path) => JSON.stringify(path);

/** Every number that stands in several fields of a document, what may be several people's in each reading. */
export function numbersInParts(
  document: unknown,
  rules: readonly JoinedRule[],
  reader: Pick<NumberReader, 'readParts'>,
  open: Open,
): PhoneNumber[] {
  return rules.flatMap((rule) =>
    [...partsOf(document, rule, open)].flatMap((parts) => {
      const reading = reader.readParts(
        parts.map(({ value }) => value),
        rule.code,
      );
      if (reading.kind === 'none') return [];
      return reading.kind === 'number' ? [reading.number] : reading.numbers;
    }),
  );
}

/** Does a number that nobody looks for stand in several fields of the record? */
export function holdsOtherJoined({ document, matcher, open }: Scene, { joined = [] }: EntryRules): boolean {
  return joined.some((rule) => {
    for (const parts of partsOf(document, rule, open)) {
      const values = parts.map(({ value }) => value);
      const digits = values.map(partText).join('').replace(/\D/g, '');
      const isSought = matcher.findParts(values, rule.code)?.some(({ sure }) => sure) === true;
      if (digits.length >= FEWEST_DIGITS && !isSought) return true;
    }
    return false;
  });
}

/** Notes what becomes of each field of a number: under a mask the calling code stays, and two digits at most. */
export function changeJoined(scene: Scene, { parts = [], mentions }: Hit): void {
  const [mention] = mentions;
  if (mention === undefined) return;
  const { number } = mention;
  parts.forEach(({ rule, path, value }, index) => {
    const written =
      rule.strategy === 'mask'
        ? maskPart(value, maskNumber(number), index === 0, index === parts.length - 1)
        : changeValue(value, rule.strategy, scene.wordsFor(number));
    note(scene.changes, path, written === REMOVED ? { kind: 'remove' } : { kind: 'set', value: written });
  });
}

/** Of a shorter part two digits would be too much. */
const SHORTEST_TO_SHOW_TAIL = 4;

/** @param mask of the whole number: begins with its calling code */
function maskPart(value: unknown, mask: string, isFirst: boolean, isLast: boolean): unknown {
  const text = partText(value);
  if (isFirst && text.replace(/^(?:\+|00)/, '') === mask.slice(0, mask.indexOf('*'))) return value;
  if (typeof value !== 'string') return null;
  const digits = text.replace(/\D/g, '').length;
  const shown = isLast && digits >= SHORTEST_TO_SHOW_TAIL && /\d{2}$/.test(mask) ? 2 : 0;
  let left = digits - shown;
  return value.replace(/\d/g, (digit) => (left-- > 0 ? '*' : digit));
}
