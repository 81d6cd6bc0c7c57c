import { throughArray } from '../data-map/paths.ts';
import { ErasureFailure } from '../errors.ts';
import type { Plan, Step } from './plan.ts';
import type { RecordStore } from './store.ts';
import type { Subject } from './subject.ts';

/**
 * Looks whether anything of the number is left, in every mapped collection and every form, and whether the account has
 * records that no such look could see.
 * @returns the steps with records left: they must be swept again
 * @throws ErasureFailure `unsupported_type` when a number field holds what the engine cannot read
 */
export async function verify(
  deps: { plan: Plan; store: RecordStore },
  subject: Subject,
  steps: readonly Step[],
): Promise<Step[]> {
  const { store } = deps;
  const [left] = await Promise.all([
    Promise.all(steps.map((step) => store.isLeft(step, subject))),
    Promise.all(
      steps.map(async (step) => {
        if (await store.isUnreadable(step, subject.account)) throw new ErasureFailure('unsupported_type', step.key);
      }),
    ),
  ]);
  const again = steps.filter((_, index) => left[index]);
  for (const step of again) {
    // What the sweep cannot see and the verification can: an array in a field the map calls plain.
    if (
      !throughArray(step.path) &&
      (await store.find(step, subject, 1)).length === 0 &&
      (await store.isLeft(step, subject))
    ) {
      throw new ErasureFailure('unsupported_type', step.key);
    }
  }
  return again;
}
