import { ErasureFailure } from '../base/errors.ts';
import type { Target } from './target.ts';

/** Look three times: a new record will be found by the sweep; one that stays invisible is of an unsupported type. */
const LOOKS = 3;

/**
 * What else looks at the records.
 * - `alone`: nothing else: what the look-ups cannot see is a failure
 * - `to be scanned`: a scan follows, which reads what they cannot see
 * - `scanned`: a scan has read every record: what is still out of reach, it has not been able to change
 */
export type ScanStage = 'alone' | 'to be scanned' | 'scanned';

/**
 * Checks that no record remains, in any mapped collection and any form the look-ups know.
 * @returns the targets with records left: they must be swept again
 * @throws ErasureFailure `unsupported_type` when a field holds what can neither be looked up nor was scanned
 */
export async function verify(targets: readonly Target[], stage: ScanStage): Promise<Target[]> {
  const [left] = await Promise.all([
    Promise.all(targets.map((target) => target.remains())),
    // A record whose number cannot be read is read by the scan: it blocks nobody whose number it does not hold.
    stage === 'alone' ? assertReadable(targets) : undefined,
  ]);
  const again: Target[] = [];
  for (const target of targets.filter((_, index) => left[index])) {
    if (!(await isOutOfReach(target))) again.push(target);
    else if (stage !== 'to be scanned') throw new ErasureFailure('unsupported_type', target.key);
  }
  return again;
}

async function assertReadable(targets: readonly Target[]): Promise<void> {
  await Promise.all(
    targets.map(async (target) => {
      if (await target.isUnreadable()) throw new ErasureFailure('unsupported_type', target.key);
    }),
  );
}

/** Is there something the sweep cannot find, such as an array in a field the map calls plain? */
async function isOutOfReach(target: Target): Promise<boolean> {
  for (let look = 0; look < LOOKS; look += 1) {
    if ((await target.find(1)).length > 0 || !(await target.remains())) return false;
  }
  return true;
}
