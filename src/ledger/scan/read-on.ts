import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type mongoose from 'mongoose';
import type { LateLimit } from '../../engine/late.ts';
import { hasComeRound, hasReached } from '../../engine/scan/circle.ts';
import { type Batch, idOf, readBatches } from '../../engine/scan/read-place.ts';
import { HOLD_MS } from '../../lib/turns.ts';
import type { NumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { plainToken } from '../requests/late-token.ts';
import type { FoundRecord } from './books.ts';
import type { ScanNumbers } from './circle.ts';
import { commitFinds, type Scene } from './commit.ts';
import { findRecord } from './find-record.ts';
import type { Joiner } from './joiners.ts';
import { holdPass, isBeginning, leavePlace, type Pass, type ScanDependencies, skipPlace } from './pass.ts';

/** Records the server sends at once. */
const READ_AT_ONCE = 1_000;
/** Places whose first records are asked for ahead: small accounts have many places and few records. */
const PLACES_AHEAD = 3;
/** Records with finds that are changed in one transaction. */
const CHANGED_AT_ONCE = 100;
/** Finds wait for others no longer than this. */
const GATHER_MS = 250;

/** Reads on until somebody's turn has come round, it is time to look who else waits, a turn is whole, or it is told to stop. */
export async function readOn(
  deps: ScanDependencies,
  pass: Pass,
  waiting: readonly Joiner[],
  signal: AbortSignal,
): Promise<void> {
  const { now, times } = deps;
  const joined = waiting.filter((joiner) => hasReached(pass.position, joiner.joined));
  // Nobody has joined yet: there is no need to read to the end of the place.
  if (joined.length === 0) return skipPlace(pass);
  const numbers: ScanNumbers = { ...(await numbersOf(pass, joined)), limits: limitsOf(joined) };
  const joiners = byNumber(joined);
  const since = now().getTime();
  if (isBeginning(pass)) pass.began = now();
  const isOver = () => signal.aborted || now().getTime() - since > times.scanLookMs;
  /** Does somebody join here, or has the pass come round for somebody? */
  const isStop = () =>
    joined.length < waiting.length || waiting.some((joiner) => hasComeRound(joiner.joined, pass.position));
  const reader = openAhead(pass);
  let counted = performance.now();
  const count = () => {
    const at = performance.now();
    pass.workedMs += at - counted;
    counted = at;
  };
  try {
    do {
      const place = pass.circle.places[pass.position.place];
      if (place !== undefined) {
        const { keysOf } = place;
        const scene: Scene = { place, joiners, keysOf, rewrite: (document) => place.rewrite(document, numbers, now()) };
        if (!(await readPlaceOn(deps, pass, scene, numbers.matcher, reader.take(), isOver))) return;
      }
      count();
      leavePlace(pass);
      if (isBeginning(pass)) break;
    } while (!isOver() && !isStop());
  } finally {
    count();
    await reader.close();
  }
}

function byNumber(waiting: readonly Joiner[]): Map<PhoneNumber, Joiner[]> {
  const joiners = new Map<PhoneNumber, Joiner[]>();
  for (const joiner of waiting) {
    const same = joiners.get(joiner.number);
    if (same === undefined) joiners.set(joiner.number, [joiner]);
    else same.push(joiner);
  }
  return joiners;
}

async function numbersOf(pass: Pass, waiting: readonly Joiner[]): Promise<ScanNumbers> {
  const key = waiting
    .map(({ request }) => request.reference)
    .sort()
    .join();
  if (pass.compiled?.key !== key) {
    const tokens = new Map(waiting.map(({ number, request }) => [number, plainToken(request.token)]));
    pass.compiled = { key, numbers: await pass.circle.createNumbers(tokens) };
  }
  return pass.compiled.numbers;
}

/** Of a number that somebody else wants gone whole, nothing is left out. */
function limitsOf(joined: readonly Joiner[]): Map<PhoneNumber, LateLimit> {
  const limits = new Map<PhoneNumber, LateLimit>();
  for (const { number, late } of joined) if (late !== undefined) limits.set(number, late);
  for (const { number, late } of joined) if (late === undefined) limits.delete(number);
  return limits;
}

type Batches = AsyncGenerator<Batch>;

/** Readers of the places to come, whose first records are on their way already. */
function openAhead(pass: Pass): { take(): Batches; close(): Promise<void> } {
  const { places } = pass.circle;
  const opened = new Map<number, { batches: Batches; first: Promise<IteratorResult<Batch>> }>();
  const open = (index: number, after: unknown) => {
    const place = places[index];
    if (place === undefined || opened.has(index)) return;
    const batches = readBatches(place, after, READ_AT_ONCE);
    const first = batches.next();
    first.catch(() => {});
    opened.set(index, { batches, first });
  };
  return {
    take() {
      const { place, after } = pass.position;
      open(place, after);
      // Not beyond the last one: what is read in the next turn is asked for when it begins.
      for (let ahead = 1; ahead <= PLACES_AHEAD; ahead += 1) open(place + ahead, undefined);
      const { batches, first } = opened.get(place) as NonNullable<ReturnType<(typeof opened)['get']>>;
      opened.delete(place);
      return beginningWith(first, batches);
    },
    async close() {
      await Promise.all([...opened.values()].map(({ batches }) => batches.return(undefined).catch(() => {})));
    },
  };
}

async function* beginningWith(first: Promise<IteratorResult<Batch>>, batches: Batches): Batches {
  try {
    for (let next = await first; !next.done; next = await batches.next()) yield next.value;
  } finally {
    await batches.return(undefined);
  }
}

/** @returns false: there is more of the place */
async function readPlaceOn(
  deps: ScanDependencies,
  pass: Pass,
  scene: Scene,
  matcher: NumberMatcher,
  batches: Batches,
  isOver: () => boolean,
): Promise<boolean> {
  const keepPosition = (after: unknown, session: mongoose.mongo.ClientSession) =>
    holdPass(deps, pass, {}, { after, session });
  const found: FoundRecord[] = [];
  let isRead = false;
  let { after } = pass.position;
  let gathering = 0;
  let held = performance.now();
  const letGo = async () => {
    await turnOfLoop();
    held = performance.now();
  };
  /** Everything up to `after` is done with. */
  const settle = async () => {
    if (!isRead) return;
    await commitFinds({ ...deps, keepPosition }, scene, found.splice(0), after);
    pass.position = { ...pass.position, ...(after !== undefined && { after }) };
    if (pass.hold.isEnding()) await holdPass(deps, pass);
  };
  for await (const { records, position } of batches) {
    const mayEnd = position !== 'stays';
    for (const bytes of records) {
      const record = findRecord(scene, matcher, bytes);
      if (record !== null && found.push(record) === 1) gathering = performance.now();
      isRead = true;
      pass.read += 1;
      pass.turnRead += 1;
      const isFull = found.length >= CHANGED_AT_ONCE;
      if (!isFull && performance.now() - held < HOLD_MS) continue;
      if (position === 'each') after = idOf(bytes);
      await letGo();
      if (!isFull && found.length > 0 && held - gathering < GATHER_MS && !isOver()) continue;
      await settle();
      if (mayEnd && isOver()) return false;
    }
    const last = records.at(-1);
    if (position === 'each' && last !== undefined) after = idOf(last);
    if (typeof position === 'object') {
      ({ after } = position);
      isRead = true;
      await settle();
      if (isOver()) return false;
    }
  }
  await letGo();
  await settle();
  return true;
}
