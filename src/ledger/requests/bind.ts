import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Tokens } from '../../base/keys/token.ts';
import { targetsByAge } from '../../engine/by-age.ts';
import { targetsByAgeAlong } from '../../engine/by-age-along.ts';
import { targetsByNumber, targetsByNumberBefore } from '../../engine/by-number.ts';
import { PROFILE_NAMES, type ProfileName } from '../../engine/map/categories.ts';
import { type Profile, profileFor } from '../../engine/map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from '../../engine/map/schema.ts';
import { compilePlan, type Plan } from '../../engine/plan.ts';
import { inPortions } from '../../engine/portions.ts';
import { compileChildRules, compileRecordRules, type RecordRule } from '../../engine/record-plan.ts';
import { type ReferenceTree, referencesOf } from '../../engine/references.ts';
import type { RecordStore } from '../../engine/store.ts';
import { inEveryWriting, numberSubject, withDoubtful, withWritings } from '../../engine/subject.ts';
import type { Target } from '../../engine/target.ts';
import type { Account } from '../accounts/accounts.ts';
import type { CountriesOf } from '../accounts/countries.ts';
import type { Audit } from '../audit/audit.ts';
import { AUDIT_WORDS, LATE_REASON } from '../audit/words.ts';
import type { Looks } from '../receipts/receipt.ts';
import { withRecordings } from '../recordings/change-with-files.ts';
import type { FileOwner, Files, FilesLeft } from '../recordings/files.ts';
import { createReferences } from '../references/children.ts';
import type { Followed } from '../references/follower.ts';
import { type Following, followWith } from '../references/following.ts';
import type { Settlement } from '../suppression/settle.ts';
import type { Suppressions } from '../suppression/suppression.ts';
import type { Copies } from './copies.ts';
import { plainToken } from './late-token.ts';
import { ageBound, type ErasureRequest } from './ledger.ts';
import type { RequestEnding } from './ledger-writes.ts';
import { openWritings } from './writings.ts';

/** A request bound to what it works on: all that carrying it out needs to know of its contract. */
export interface BoundRequest extends Following {
  readonly targets: readonly Target[];
  /**
   * - `needed`: it is completed only when a scan over the account's records has left nothing
   * - `off`: the account's records are not read, and the request says so
   * - `none`: it is not about all that is known of a number
   */
  readonly scan: 'needed' | 'off' | 'none';
  /** Mapped collections that no scan reads, though it reads the account: the map says so. The request tells. */
  readonly notScanned: readonly string[];
  /** A sweep ends after a portion of the records that others are known by: there may be any number of them. */
  readonly isInPortions: boolean;
  /** When the last scheduled message is due, one answer a mapped place; null where none is scheduled. */
  lastScheduled(): Promise<(Date | null)[]>;
  /**
   * Removes the files of changed records, and of reports that hold the number.
   * @returns what is left of them: until it is nothing, the request is not done
   */
  removeFiles(signal: AbortSignal): Promise<FilesLeft | null>;
  /** Records in the audit what was done, before the request is called completed. Safe to repeat. */
  record(erased: Readonly<Record<string, number>>): Promise<void>;
  /** What becomes true together with the request's end; null for what is not about a person. */
  ending(): RequestEnding | null;
}

export interface BinderDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly store: RecordStore;
  readonly countriesOf: CountriesOf;
  readonly suppressions: Suppressions;
  readonly tokens: Tokens;
  readonly seal: Seal;
  readonly audit: Audit;
  readonly files: Files;
  readonly copies: Copies;
  readonly now: () => Date;
  /** Records that others are known by, of one sweep by age: the ledger keeps their keys. 5,000 unless given. */
  readonly portion?: number;
}

/** A profile's rules, by what selects the records. */
interface Plans {
  readonly profile: Profile;
  readonly tree: ReferenceTree;
  readonly byNumber: Plan;
  readonly byAge: readonly RecordRule[];
  /** By age, for records that only others tell the account of. */
  readonly along: readonly RecordRule[];
}

/** What a selector decides of a bound request; the rest is the same for all. */
interface Selected extends Pick<BoundRequest, 'targets' | 'lastScheduled' | 'scan'> {
  /** What becomes of the number on the suppression list; null: it is left as it is. */
  settlement(): Settlement | null;
  /** Whose records others are known by, and which of those; without it, no reference is followed. */
  readonly followed?: Pick<Followed, 'subject' | 'before'>;
  /** Stands for the number in the audit. */
  readonly token: string;
  /** Removes the number from files of reports. */
  clearReports?(signal: AbortSignal): Promise<FilesLeft | null>;
}

/** Binds a request to its targets. @throws ErasureFailure */
export type Bind = (request: ErasureRequest, account: Account) => BoundRequest;

/** What one turn of a request waits for the storage of recordings. */
const RECORDINGS_MS = 1_000;
/** The pause before a request asks again whether files that were not waited for are gone. */
const RECORDINGS_AGAIN_MS = 2_000;

const PORTION = 5_000;

/** @returns the function that binds a request: by its selector and its profile, not by who asked for it */
export function createBinder(deps: BinderDependencies): Bind {
  const { dataMap, audit, now } = deps;
  const minded = withRecordings(deps, dataMap);
  const plans = Object.fromEntries(
    PROFILE_NAMES.map((name) => {
      const profile = profileFor(name, dataMap);
      const hasTime = (entry: CollectionMap) => entry.at !== undefined;
      const byAge = compileRecordRules(dataMap, profile, hasTime).filter(endsByItself);
      // What is deleted for its age goes by its own.
      const along = profile.marks ? compileChildRules(dataMap, profile, hasTime).filter(endsByItself) : [];
      return [
        name,
        { profile, tree: referencesOf(dataMap, profile), byNumber: compilePlan(dataMap, profile), byAge, along },
      ];
    }),
  ) as unknown as Record<ProfileName, Plans>;

  return (request, account) => {
    const { profile, tree, byNumber } = plans[request.profile];
    const { token, targets, followed, scan, lastScheduled, settlement, clearReports } =
      request.selector.by === 'age'
        ? selectByAge(deps, request, account, plans[request.profile], request.selector)
        : selectByNumber(deps, request, account, byNumber, profile);
    const owner = { account: account._id, reference: request.reference };
    const isLate = request.selector.by === 'number' && request.selector.late !== undefined;
    const whose = { profile, tree, account: account.records_id, now: now() };
    const isFollowed = followed !== undefined && tree.all.length + tree.orphans.length > 0;
    const references = isFollowed ? createReferences(deps, { ...whose, ...followed }, owner) : undefined;
    return {
      ...followWith(deps.seal, references, request.reference),
      targets: targets.map((target) => minded(target, owner)),
      scan,
      notScanned: notScannedBy(deps.dataMap, scan),
      isInPortions: request.selector.by === 'age' && isFollowed,
      lastScheduled,
      ending() {
        if (request.selector.by !== 'number') return null;
        const looks = looksOf(deps, { scan, reports: clearReports !== undefined, isLate });
        return { proof: { request, token, looks }, settlement: settlement() };
      },
      removeFiles: async (signal) =>
        (await removeRecordings(deps, owner, signal)) ?? (await clearReports?.(signal)) ?? null,
      async record(erased) {
        await audit.append({
          account: account._id,
          actor: request.requested_by,
          ...AUDIT_WORDS[request.profile],
          ...(isLate && { reason: LATE_REASON }),
          at: now(),
          counts: erased,
          reference: request.reference,
          token,
          // The count is part of the key: a second audit entry appears only if more was erased.
          once: `completed:${request.reference}:${total(erased)}`,
        });
      },
    };
  };
}

function looksOf(
  { dataMap, files }: BinderDependencies,
  { scan, reports, isLate }: { scan: Selected['scan']; reports: boolean; isLate: boolean },
): Looks {
  return {
    indexed: isLate ? 'none' : 'made',
    scan: scan === 'needed' ? 'made' : scan,
    not_scanned: notScannedBy(dataMap, scan),
    files: files.stored ? 'made' : 'off',
    reports: reports ? 'made' : 'none',
  };
}

function notScannedBy(map: DataMap, scan: Selected['scan']): string[] {
  return scan === 'needed' ? map.collections.filter((entry) => !entry.scan).map(nameOf) : [];
}

/**
 * A storage that answers does so within the time given here. One that hangs would hold a place of the erasures for as
 * long as it is waited for, so that the files are left to their own queue, and looked at again.
 */
async function removeRecordings(
  { files, now }: BinderDependencies,
  owner: FileOwner,
  signal: AbortSignal,
): Promise<FilesLeft | null> {
  const left = await files.removeNow(owner, AbortSignal.any([signal, AbortSignal.timeout(RECORDINGS_MS)]));
  const at = now().getTime();
  // One that failed says itself when it is due again; one that was cut off is due.
  if (!left || signal.aborted || left.again.getTime() > at) return left;
  return { ...left, again: new Date(at + RECORDINGS_AGAIN_MS) };
}

function total(erased: Readonly<Record<string, number>>): number {
  return Object.values(erased).reduce((sum, count) => sum + count, 0);
}

/** By-age needs a change that removes records from the selection: a delete or a mark. */
function endsByItself(rule: RecordRule): boolean {
  const change = rule.change(new Date());
  const { redacted } = rule.entry;
  return change.kind === 'delete' || (redacted !== undefined && redacted in change.always);
}

function selectByNumber(
  deps: BinderDependencies,
  request: ErasureRequest,
  account: Account,
  plan: Plan,
  profile: Profile,
): Selected {
  const { store, suppressions, tokens, seal, copies } = deps;
  if (!request.sealed) throw new ErasureFailure('unsealable');
  const number = seal.open(request.sealed, request.reference);
  const { before, late } = request.selector.by === 'number' ? request.selector : {};
  // For "before T" requests `request.token` also contains T; use the plain token here.
  const token = before === undefined ? plainToken(request.token) : tokens.current(account._id, number);
  const usual = withWritings(
    numberSubject(number, account.records_id, token, deps.now(), deps.countriesOf(account)),
    openWritings(seal, request.sealed_writings, request.reference),
  );
  // Only the forget profile says that a number is gone. What came late is told record by record: only the scan reads them.
  const scan = late ? 'needed' : !profile.clearsReports || before !== undefined ? 'none' : (account.scan ?? 'needed');
  // Where no scan makes up for it, no writing may be too rare for the look-ups.
  const wide = scan === 'needed' ? usual : inEveryWriting(usual);
  const subject = profile.clearsReports ? withDoubtful(wide) : wide;
  const keeps = request.keep_suppression && suppressions.keepsNumber;
  const rules = plan.rules.filter((rule) => !(rule.suppression && keeps));
  return {
    token,
    followed: { subject, ...(before && { before }) },
    targets: late
      ? []
      : before === undefined
        ? targetsByNumber(deps.db, store, rules, subject)
        : targetsByNumberBefore(deps.db, store, rules, subject, before),
    scan,
    // Scheduled messages lie in the future, so a request about the past never waits.
    lastScheduled: () =>
      before === undefined && !late
        ? Promise.all(plan.waits.map((wait) => store.lastScheduled(wait, subject)))
        : Promise.resolve([]),
    ...(profile.clearsReports && {
      clearReports: (signal) =>
        copies.clear(
          {
            ...{ account: account._id, number, countries: subject.countries },
            ...{ reference: request.reference, actor: request.requested_by, token },
          },
          signal,
        ),
    }),
    settlement() {
      // A plan without the suppression list has put nothing on it.
      if (!plan.rules.some((rule) => rule.suppression)) return null;
      // Somebody may have been taken off the list since.
      if (late && !late.suppressed) return null;
      return {
        subject,
        tokens: [...tokens.allTokens(account._id, number), plainToken(request.token)],
        keep: late ? true : request.keep_suppression,
      };
    },
  };
}

function selectByAge(
  deps: BinderDependencies,
  request: ErasureRequest,
  account: Account,
  { tree, byAge, along }: Plans,
  selector: Extract<ErasureRequest['selector'], { by: 'age' }>,
): Selected {
  const { db, dataMap, now, portion = PORTION } = deps;
  return {
    token: request.token,
    // What belongs to a chat goes with it: when it is redacted, and when it is deleted, as nothing would lead there.
    followed: {},
    targets: [
      ...byAge.flatMap((rule) => {
        const moment = ageBound(selector, rule.name);
        const targets = moment ? targetsByAge(db, [rule], account.records_id, moment, now()) : [];
        return tree.isParent(rule.entry) ? targets.map((target) => inPortions(target, portion)) : targets;
      }),
      ...targetsByAgeAlong(db, dataMap, along, account.records_id, selector.before, now()),
    ],
    scan: 'none',
    lastScheduled: async () => [],
    settlement: () => null,
  };
}
