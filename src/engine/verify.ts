import { ErasureFailure } from '../base/errors.ts';
import type { Target } from './target.ts';

/** Look three times: a new record will be found by the sweep; one that stays invisible is of an unsupported type. */
const LOOKS = 3;

/**
 * Checks that no record remains, in any mapped collection and any form, and that no field of the account has a type in
 * which a number could not be seen.
 * @returns the targets with records left: they must be swept again
 * @throws ErasureFailure `unsupported_type` when a field holds what the engine cannot read
 */
export async function verify(targets: readonly Target[]): Promise<Target[]> {
  const [left] = await Promise.all([
    Promise.all(targets.map((target) => target.remains())),
    Promise.all(
      targets.map(async (target) => {
        if (await target.isUnreadable()) throw new ErasureFailure('unsupported_type', target.key);
      }),
    ),
  ]);
  const again = targets.filter((_, index) => left[index]);
  for (const target of again) {
    if (await isOutOfReach(target)) throw new ErasureFailure('unsupported_type', target.key);
  }
  return again;
}

/** Is there something the sweep cannot find, such as an array in a field the map calls plain? */
async function isOutOfReach(target: Target): Promise<boolean> {
  for (let look = 0; look < LOOKS; look += 1) {
    if ((await target.find(1)).length > 0 || !(await target.remains())) return false;
  }
  return true;
}
