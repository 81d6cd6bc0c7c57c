import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import type { NumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { type Find, type Path, type Rewrite, UNCHANGED } from './edits.ts';
import { changeFields } from './fields.ts';
import { changeNumber, findMapped, type Mapped, takesRecord, withoutParts } from './mapped.ts';
import { markRecord } from './mark.ts';
import { hasChanges, listChanges } from './outcome.ts';
import { describePath, leavesAlong, placeOf } from './places.ts';
import { findRecordings } from './recordings.ts';
import { isNamed, maskRest } from './rest.ts';
import type { CollectionRules, Subjects } from './rules.ts';
import { type Document, openScene, type Scene } from './scene.ts';
import { findsOf, type Hit } from './walk.ts';

/**
 * What becomes of one document when some numbers are erased from it. Reads all of it, whatever the data map says, and
 * changes nothing itself. Applied, a second rewrite finds nothing but what it says of in `failures`.
 * @param document as the driver reads it, with `promoteLongs: false` so that no digit of an Int64 is lost
 * @param rules of its collection, for one profile
 * @param subjects every number the matcher knows
 * @param now for marks
 * @throws TypeError when the matcher finds a number that is none of the subjects'
 */
export function rewrite(
  document: Document,
  rules: CollectionRules,
  subjects: Subjects,
  matcher: NumberMatcher,
  now: Date,
): Rewrite {
  if (rules.belongs?.(document) === false) return UNCHANGED;
  const scene = withoutParts(openScene(document, rules, subjects, matcher, now));
  const { entries, hits } = scene;
  if (hits.length === 0) return UNCHANGED;
  const shared = rules.shared?.(document);
  if (shared !== undefined) return shared === 'keep' ? UNCHANGED : refuseShared(hits, shared.text);
  if (entries.some((entry) => entry.suppression && isOwnRow(document))) return UNCHANGED;
  if (entries.some((entry) => entry.scheduled?.(document))) return { ...UNCHANGED, waiting: numbersIn(hits) };

  const mapped = entries.flatMap((entry) => findMapped(scene, entry));
  const takers = mapped.filter(takesRecord);
  if (takers.length > 0) return remove(scene, mapped, takers);

  for (const one of mapped) changeNumber(scene, one);
  for (const one of mapped) changeFields(scene, one);
  const places = placesOf(mapped);
  const failures = rules.keepsNumbers ? [] : maskRest(scene, (hit) => places.has(hit));
  const [first] = hits.flatMap(findsOf).filter(({ sure }) => sure);
  if (first === undefined) return { ...UNCHANGED, failures };

  const { files, unreadable } = findRecordings(scene, scene.wordsFor(first.number), false);
  if (unreadable.length > 0) return refuse(hits, unreadable);
  for (const entry of new Set(mapped.map((one) => one.entry))) markRecord(scene, entry);
  const changes = listChanges(document, scene.changes);
  const isChanged = hasChanges(changes);
  const found = listFinds(scene, places);
  const basis = basisOf(mapped);
  return { ...UNCHANGED, ...changes, fate: isChanged ? 'changed' : 'unchanged', basis, found, files, failures };
}

const basisOf = (mapped: readonly Mapped[]) => mapped.flatMap(({ hit }) => hit.parts ?? []);

/** The record goes as a whole, with whatever else it says of anybody. */
function remove(scene: Scene, mapped: readonly Mapped[], takers: readonly Mapped[]): Rewrite {
  const [{ number }] = takers as [Mapped];
  const { files, unreadable } = findRecordings(scene, scene.wordsFor(number), true);
  if (unreadable.length > 0) return refuse(scene.hits, unreadable);
  return {
    ...UNCHANGED,
    fate: 'deleted',
    reasons: takers.map(({ hit }) => ({ path: hit.path, value: hit.value, isKey: hit.kind === 'key' })),
    basis: basisOf(takers),
    found: listFinds(scene, placesOf(mapped)),
    files,
  };
}

/**
 * A reference that cannot be read leaves the whole record as it is: without its number nobody would find the recording
 * again.
 */
function refuse(hits: readonly Hit[], unreadable: readonly Path[]): Rewrite {
  const paths = new Set(unreadable.map((path) => describePath(path)));
  const failures = numbersIn(hits).flatMap((number) =>
    [...paths].map((path) => ({ number, path, why: 'unsupported_type' as const })),
  );
  return { ...UNCHANGED, failures };
}

function refuseShared(hits: readonly Hit[], path: string): Rewrite {
  return { ...UNCHANGED, failures: numbersIn(hits).map((number) => ({ number, path, why: 'shared_record' as const })) };
}

/** A suppression that was written by an earlier erasure, not by the platform. */
function isOwnRow({ token }: Document): boolean {
  return typeof token === 'string' && TOKEN_SHAPE.test(token);
}

const numbersIn = (hits: readonly Hit[]): PhoneNumber[] => [
  ...new Set(hits.flatMap(findsOf).map(({ number }) => number)),
];

/** By hit; the first entry's where several are about it. */
const placesOf = (mapped: readonly Mapped[]) => new Map([...mapped].reverse().map((one) => [one.hit, one]));

function listFinds(scene: Scene, places: ReadonlyMap<Hit, Mapped>): Find[] {
  const finds = new Map<string, Find>();
  // Once for all hits: a list may hold thousands.
  const known = new Map<string, boolean>();
  const isAgain = (place: Mapped, number: PhoneNumber) => {
    const key = `${scene.entries.indexOf(place.entry)} ${number}`;
    const again = known.get(key) ?? isLeftElsewhere(scene, place, number);
    known.set(key, again);
    return again;
  };
  for (const hit of scene.hits) {
    const place = places.get(hit);
    const name = (place?.entry ?? scene.entries[0] ?? scene.rules).name;
    const path = describePath(hit.path, hit.kind === 'key');
    for (const { number, sure } of findsOf(hit)) {
      if (!sure) continue;
      const key = (as: Find['as']) => [number, as, name, path].join('\0');
      if (place !== undefined) {
        const again = isAgain(place, number);
        finds.set(key('mapped'), { number, path, as: 'mapped', name, own: place.own, ...(again && { again }) });
      } else {
        const as = wayOf(scene, hit, number);
        finds.set(key(as), { number, path, as, name });
      }
    }
  }
  return [...finds.values()];
}

/** Was the number erased from another place of the record before? A mask may be somebody else's, but seldom is. */
function isLeftElsewhere({ document, open, wordsFor }: Scene, { entry }: Mapped, number: PhoneNumber): boolean {
  const { masked, token } = wordsFor(number);
  return entry.numbers.some(({ path, strategy }) => {
    if (strategy !== 'mask' && strategy !== 'token') return false;
    const word = strategy === 'mask' ? masked : token;
    for (const leaf of leavesAlong(document, placeOf(path).names, open)) if (leaf === word) return true;
    return false;
  });
}

function wayOf(scene: Scene, hit: Hit, number: PhoneNumber): Find['as'] {
  const mention = hit.mentions.find((one) => one.number === number);
  if (hit.kind === 'key') return 'key';
  if (mention === undefined) return 'base64';
  if (hit.inJson) return 'json';
  return !mention.whole || isNamed(scene, hit.path) ? 'text' : 'unmapped';
}
