import { ErasureFailure } from '../base/errors.ts';
import type { Target } from './target.ts';

/** Look three times: a new record will be found by the sweep; one that stays invisible is of an unsupported type. */
const LOOKS = 3;

/**
 * Checks that no record remains, in any mapped collection and any form the look-ups know.
 * @param means `alone`: nothing else looks at the records, so what the look-ups cannot see is a failure; `scanned`: a
 * scan has read every record but those the map keeps from it. It has seen what may be two people's, too, and a number
 * that could not be read blocks nobody whose number it is not.
 * @returns the targets with records left: they must be swept again
 * @throws ErasureFailure `unsupported_type` when a field holds what can neither be looked up nor was scanned;
 * `ambiguous_number` for what may be the number and another's, and was not scanned
 */
export async function verify(targets: readonly Target[], means: 'alone' | 'scanned'): Promise<Target[]> {
  const [left] = await Promise.all([
    Promise.all(targets.map((target) => target.remains())),
    assertReadable(targets.filter(({ isScanned }) => means === 'alone' || isScanned === false)),
  ]);
  const again: Target[] = [];
  for (const target of targets.filter((_, index) => left[index])) {
    if (await isOutOfReach(target)) throw new ErasureFailure('unsupported_type', target.key);
    again.push(target);
  }
  return again;
}

async function assertReadable(targets: readonly Target[]): Promise<void> {
  await Promise.all(
    targets.map(async (target) => {
      if (await target.isUnreadable()) throw new ErasureFailure('unsupported_type', target.key);
      if (await target.isDoubtful?.()) throw new ErasureFailure('ambiguous_number', target.key);
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
