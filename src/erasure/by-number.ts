import type { Step } from './plan.ts';
import type { RecordStore } from './store.ts';
import type { Subject } from './subject.ts';
import type { Target } from './target.ts';

/** The selector "records that hold this number": one target for each place where it may stand. */
export function targetsByNumber(store: RecordStore, steps: readonly Step[], subject: Subject): Target[] {
  return steps.map((step) => ({
    key: step.key,
    name: step.name,
    find: (limit) => store.find(step, subject, limit),
    change: (ids) => store.change(step, subject, ids),
    isLeft: () => store.isLeft(step, subject),
    isUnreadable: () => store.isUnreadable(step, subject.account),
  }));
}
