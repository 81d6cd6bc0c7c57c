import type { Account } from '../accounts/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import { targetsByNumber } from '../erasure/by-number.ts';
import type { Plan } from '../erasure/plan.ts';
import type { RecordStore } from '../erasure/store.ts';
import { numberSubject } from '../erasure/subject.ts';
import type { Target } from '../erasure/target.ts';
import { ErasureFailure } from '../errors.ts';
import type { Seal } from '../subject/seal.ts';
import type { Tokens } from '../subject/token.ts';
import type { Suppressions } from '../suppression/suppression.ts';
import type { ErasureRequest } from './ledger.ts';

/** A request bound to what it works on: all that carrying it out needs to know of its contract. */
export interface Work {
  readonly targets: readonly Target[];
  /** When the last record is due that is still to be acted on, one answer a mapped place; null where nothing is pending. */
  lastPending(): Promise<(Date | null)[]>;
  /** What has to be true before the request may be called completed. Safe to repeat. */
  finish(erased: Readonly<Record<string, number>>): Promise<void>;
}

export interface WorkDependencies {
  readonly plan: Plan;
  readonly store: RecordStore;
  readonly suppressions: Suppressions;
  readonly tokens: Tokens;
  readonly seal: Seal;
  readonly audit: Audit;
  readonly now: () => Date;
}

/** @returns the function that binds a request: by its selector and its profile, not by who asked for it */
export function createWork(deps: WorkDependencies): (request: ErasureRequest, account: Account) => Work {
  const { plan, store, suppressions, tokens, seal, audit } = deps;
  return (request, account) => {
    if (!request.sealed) throw new ErasureFailure('unsealable');
    const number = seal.open(request.sealed, request.reference);
    const subject = numberSubject(number, account.records_id, request.token);
    const keeps = request.keep_suppression && suppressions.keepsNumber;
    const steps = plan.steps.filter((step) => !(step.suppression && keeps));
    return {
      targets: targetsByNumber(store, steps, subject),
      lastPending: () => Promise.all(plan.waits.map((wait) => store.lastPending(wait, subject))),
      async finish(erased) {
        const every = [...tokens.every(account._id, number), request.token];
        await suppressions.settle(subject, every, request.keep_suppression);
        await audit.append({
          account: account._id,
          actor: request.requested_by,
          action: 'data.erasure',
          reason: 'gdpr_forget',
          at: deps.now(),
          counts: erased,
          reference: request.reference,
          token: request.token,
          once: `completed:${request.reference}`,
        });
      },
    };
  };
}
