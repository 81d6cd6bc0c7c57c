import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Tokens } from '../../base/keys/token.ts';
import { targetsByAge } from '../../engine/by-age.ts';
import { targetsByNumber, targetsByNumberBefore } from '../../engine/by-number.ts';
import { PROFILE_NAMES, type ProfileName } from '../../engine/map/categories.ts';
import { type Profile, profileFor } from '../../engine/map/profile.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { compilePlan, type Plan } from '../../engine/plan.ts';
import { compileRecordRules, type RecordRule } from '../../engine/record-plan.ts';
import type { RecordStore } from '../../engine/store.ts';
import { numberSubject } from '../../engine/subject.ts';
import type { Target } from '../../engine/target.ts';
import type { CountryCode } from '../../phone/countries.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Account } from '../accounts/accounts.ts';
import { ACT_OF } from '../audit/acts.ts';
import type { Audit } from '../audit/audit.ts';
import { minderOfFiles } from '../recordings/change-with-files.ts';
import type { Files, FilesLeft } from '../recordings/files.ts';
import type { Suppressions } from '../suppression/suppression.ts';
import type { ErasureRequest } from './ledger.ts';

/** A number whose records have been erased, and the request about it. */
export interface ErasedNumber {
  readonly account: string;
  readonly number: PhoneNumber;
  readonly reference: string;
  /** Who asked, for the audit. */
  readonly actor: string;
  /** Stands for the number in the audit. */
  readonly token: string;
}

/** Copies that Lethe itself has made of the platform's records. */
export interface Copies {
  /**
   * Sees to it that no copy holds the number. To be called when the records are erased; safe to repeat.
   * @param signal told to stop: what has been looked into is remembered, and not looked into again
   * @returns what is left of it, or null for nothing
   */
  clear(erased: ErasedNumber, signal: AbortSignal): Promise<FilesLeft | null>;
}

/** A request bound to what it works on: all that carrying it out needs to know of its contract. */
export interface Work {
  readonly targets: readonly Target[];
  /** When the last record is due that is still to be acted on, one answer a mapped place; null where nothing is pending. */
  lastPending(): Promise<(Date | null)[]>;
  /**
   * Removes the files of changed records, and of reports that hold the number.
   * @returns what is left of them: until it is nothing, the work is not done
   */
  removeFiles(signal: AbortSignal): Promise<FilesLeft | null>;
  /** Writes down what was done, before the request is called completed. Safe to repeat. */
  report(erased: Readonly<Record<string, number>>): Promise<void>;
  /** What becomes true together with the request's end, in the same transaction. */
  settle(session: mongoose.mongo.ClientSession): Promise<void>;
}

export interface WorkDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly store: RecordStore;
  readonly countries: readonly CountryCode[];
  readonly suppressions: Suppressions;
  readonly tokens: Tokens;
  readonly seal: Seal;
  readonly audit: Audit;
  readonly files: Files;
  readonly copies: Copies;
  readonly now: () => Date;
}

/** What the parts of a request's work have in common. */
interface Bound {
  readonly request: ErasureRequest;
  readonly account: Account;
}

type Part = Omit<Work, 'report' | 'removeFiles'> & {
  /** Stands for the number in the audit. */
  readonly token: string;
  clearReports?(signal: AbortSignal): Promise<FilesLeft | null>;
};

/** Binds a request to its targets. @throws ErasureFailure */
export type WorkFor = (request: ErasureRequest, account: Account) => Work;

/** @returns the function that binds a request: by its selector and its profile, not by who asked for it */
export function createWork(deps: WorkDependencies): WorkFor {
  const { dataMap, audit, files, now } = deps;
  const mindFiles = minderOfFiles(deps, dataMap);
  const plans = Object.fromEntries(
    PROFILE_NAMES.map((name) => {
      const profile = profileFor(name, dataMap);
      const byAge = compileRecordRules(dataMap, profile, (entry) => entry.at !== undefined);
      return [name, { profile, byNumber: compilePlan(dataMap, profile), byAge: byAge.filter(endsByItself) }];
    }),
  ) as unknown as Record<ProfileName, { profile: Profile; byNumber: Plan; byAge: RecordRule[] }>;

  return (request, account) => {
    const { profile, byNumber, byAge } = plans[request.profile];
    const bound = { request, account };
    const part =
      request.selector.by === 'age'
        ? bindAge(deps, bound, byAge, request.selector)
        : bindNumber(deps, bound, byNumber, profile);
    const { token, clearReports, ...work } = part;
    const act = { account: account._id, act: request.reference };
    return {
      ...work,
      targets: work.targets.map((target) => mindFiles(target, act)),
      removeFiles: async (signal) => (await files.removeNow(act, signal)) ?? (await clearReports?.(signal)) ?? null,
      async report(erased) {
        await audit.append({
          account: account._id,
          actor: request.requested_by,
          ...ACT_OF[request.profile],
          at: now(),
          counts: erased,
          reference: request.reference,
          token,
          once: `completed:${request.reference}:${total(erased)}`,
        });
      },
    };
  };
}

/** A request that was asked for again is reported again when there was more to erase; repeated, it is not. */
function total(erased: Readonly<Record<string, number>>): number {
  return Object.values(erased).reduce((sum, count) => sum + count, 0);
}

/** Records that are kept and not marked stay in a selection by age: they cannot be chosen that way. */
function endsByItself(rule: RecordRule): boolean {
  const change = rule.change(new Date());
  const { redacted } = rule.entry;
  return change.kind === 'delete' || (redacted !== undefined && redacted in change.always);
}

function bindNumber(deps: WorkDependencies, { request, account }: Bound, plan: Plan, profile: Profile): Part {
  const { store, suppressions, tokens, seal, copies } = deps;
  if (!request.sealed) throw new ErasureFailure('unsealable');
  const number = seal.open(request.sealed, request.reference);
  const { before } = request.selector;
  // Requests up to different moments are different requests, so their token says more than the number's own.
  const token = before === undefined ? request.token : tokens.current(account._id, number);
  const subject = numberSubject(number, account.records_id, token, deps.now(), deps.countries);
  const keeps = request.keep_suppression && suppressions.keepsNumber;
  const rules = plan.rules.filter((rule) => !(rule.suppression && keeps));
  return {
    token,
    targets:
      before === undefined
        ? targetsByNumber(deps.db, store, rules, subject)
        : targetsByNumberBefore(deps.db, store, rules, subject, before),
    // What is still to be acted on happens after any moment that is past.
    lastPending: () =>
      before === undefined
        ? Promise.all(plan.waits.map((wait) => store.lastScheduled(wait, subject)))
        : Promise.resolve([]),
    ...(profile.clearsReports && {
      clearReports: (signal) =>
        copies.clear(
          { account: account._id, number, reference: request.reference, actor: request.requested_by, token },
          signal,
        ),
    }),
    async settle(session) {
      // A plan without the suppression list has put nothing on it.
      if (!plan.rules.some((rule) => rule.suppression)) return;
      await suppressions.settle(
        subject,
        [...tokens.every(account._id, number), request.token],
        request.keep_suppression,
        session,
      );
    },
  };
}

function bindAge(
  deps: WorkDependencies,
  { request, account }: Bound,
  rules: readonly RecordRule[],
  { before, apart = {} }: Extract<ErasureRequest['selector'], { by: 'age' }>,
): Part {
  return {
    token: request.token,
    targets: rules.flatMap((rule) => {
      const moment = apart[rule.name] === undefined ? before : apart[rule.name];
      return moment ? targetsByAge(deps.db, [rule], account.records_id, moment, deps.now()) : [];
    }),
    lastPending: async () => [],
    settle: async () => {},
  };
}
