import type mongoose from 'mongoose';
import { isTransient } from '../../base/db/connection.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer, Schedule } from '../../base/queue/producer.ts';
import { type Account, isTimeZone } from '../../ledger/accounts/accounts.ts';
import { jobIdOf, requestsOf } from '../../ledger/requests/ledger.ts';
import { openRequest } from '../../ledger/requests/open-request.ts';
import { dueRedaction } from './due.ts';
import { PATTERN, scheduleIdOf, setSchedule } from './schedule.ts';
import { type Effective, effectiveSettings } from './settings.ts';

export interface AutomaticDependencies {
  readonly db: mongoose.mongo.Db;
  readonly producer: Pick<Producer, 'add' | 'schedule' | 'unschedule' | 'schedules'>;
  readonly logger: Logger;
  readonly deadlineMs: number;
  readonly graceMs: number;
  readonly now: () => Date;
}

export interface AutomaticRedaction {
  /**
   * Opens the request an account is due for now, unless it is there: a day is one request.
   * @returns whether one was opened
   */
  openDue(account: string): Promise<boolean>;
  /**
   * One round over all accounts: schedules as the settings want them, whatever became of Redis, and every run that is
   * due and was missed. Any number of processes may do it.
   */
  reconcile(): Promise<void>;
}

/** A schedule whose next run is so long past has lost its job. */
const LOST_MS = 3_600_000;
/** Who asked, in ledger and audit. */
const ACTOR = 'schedule';

/** An account and what is in force there. */
interface Wanted {
  readonly account: Account;
  readonly effective: Effective;
}

/** Redaction at the end of the account's day, or so many days later. */
export function createAutomaticRedaction(deps: AutomaticDependencies): AutomaticRedaction {
  const { db, producer, logger, now } = deps;
  const accounts = db.collection<Account>('lethe_accounts');
  // Runs this process has seen in the ledger: a round asks it once a day and account.
  const seen = new Map<string, number>();

  async function open(account: Account, { automatic, since }: Effective): Promise<boolean> {
    if (automatic === 'off') return false;
    const due = dueRedaction(now(), account.time_zone, automatic);
    // What is turned on today is done for the first time when today ends.
    if (since !== undefined && since > due.since) return false;
    if ((seen.get(account._id) ?? Number.NEGATIVE_INFINITY) === due.before.getTime()) return false;
    const selector = { by: 'age', before: due.before } as const;
    const known = await requestsOf(db).findOne(
      { account_id: account._id, token: due.token, 'selector.by': 'age', 'selector.before': { $gte: due.before } },
      { projection: { _id: 1 } },
    );
    let opened = false;
    if (!known) {
      const { request, fresh } = await openRequest(db, {
        account_id: account._id,
        profile: 'interaction',
        selector,
        token: due.token,
        requested_by: ACTOR,
        keep_suppression: true,
        now: now(),
        deadlineMs: deps.deadlineMs,
        graceMs: deps.graceMs,
      });
      // An unfinished run of the same day in another zone: this one comes when that is done.
      if (request.selector.by === 'age' && request.selector.before < due.before) return false;
      opened = fresh;
      if (fresh)
        await producer
          .add('erase', { account: account._id, reference: request.reference }, { id: jobIdOf(request) })
          .catch((error: unknown) => logger.warn('request not queued yet', { reference: request.reference, error }));
    }
    seen.set(account._id, due.before.getTime());
    return opened;
  }

  /** The account as its settings and its agency's stand now. */
  async function look(id: string): Promise<Wanted | null> {
    const account = await accounts.findOne({ _id: id });
    if (!account) return null;
    const agency = account.agency_id === undefined ? null : await accounts.findOne({ _id: account.agency_id });
    return { account, effective: effectiveSettings(account, agency) };
  }

  async function readWanted(): Promise<Wanted[]> {
    const found = await accounts.find({ 'redaction.automatic': { $in: ['daily', 30, 60, 90] } }).toArray();
    const ids = [...new Set(found.flatMap(({ agency_id: id }) => (id === undefined ? [] : [id])))];
    const agencies = new Map(
      (ids.length > 0 ? await accounts.find({ _id: { $in: ids } }).toArray() : []).map((one) => [one._id, one]),
    );
    return found
      .map((account) => ({
        account,
        effective: effectiveSettings(account, agencies.get(account.agency_id ?? '') ?? null),
      }))
      .filter(({ effective }) => effective.automatic !== 'off');
  }

  async function alignSchedules(): Promise<Wanted[]> {
    // Redis first: a schedule made between the two looks is not in the list, and so is not taken for a stray.
    const there = await producer.schedules('redact-due').catch((error: unknown) => {
      logger.warn('schedules not read', { error });
      return null;
    });
    const wanted = await readWanted();
    if (there !== null)
      await align(there, wanted).catch((error: unknown) => logger.warn('schedules not aligned', { error }));
    return wanted;
  }

  async function align(there: readonly Schedule[], wanted: readonly Wanted[]): Promise<void> {
    const byId = new Map(there.map((one) => [one.id, one]));
    for (const { account, effective } of wanted) {
      const id = scheduleIdOf(account._id);
      const schedule = byId.get(id);
      byId.delete(id);
      const lost = (schedule?.next?.getTime() ?? 0) < now().getTime() - LOST_MS;
      if (schedule?.pattern === PATTERN && schedule.timeZone === account.time_zone && !lost) continue;
      // One that is no zone is reported where its run is opened.
      if (isTimeZone(account.time_zone)) await setSchedule(producer, account, effective);
    }
    for (const id of byId.keys()) await producer.unschedule(id);
  }

  return {
    async openDue(id) {
      const found = await look(id);
      return found ? open(found.account, found.effective) : false;
    },
    async reconcile() {
      const wanted = await alignSchedules();
      for (const { account, effective } of wanted) {
        // One account whose time zone nobody knows any more must not keep the others from being redacted.
        await open(account, effective).catch((error: unknown) => {
          if (isTransient(error)) throw error;
          logger.error('automatic redaction failed', { account: account._id, error });
        });
      }
    },
  };
}
