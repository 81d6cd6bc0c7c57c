import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { DateTime } from 'luxon';
import type mongoose from 'mongoose';
import { isTransient } from '../../base/db/faults.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer, Schedule } from '../../base/queue/producer.ts';
import { readAccount, readAccounts, readAutomaticAccounts } from '../../ledger/accounts/account-rows.ts';
import type { Account, Automatic } from '../../ledger/accounts/accounts.ts';
import { REQUEST_CALL, requestsOf } from '../../ledger/requests/ledger.ts';
import { openRequest } from '../../ledger/requests/open-request.ts';
import { callWorker } from '../../ledger/work/call.ts';
import { firstMoment, isTimeZone } from '../../lib/calendar.ts';
import { type Effective, effectiveSettings } from './settings.ts';

export interface AutomaticDependencies {
  readonly db: mongoose.mongo.Db;
  readonly producer: Pick<Producer, 'add' | 'schedule' | 'unschedule' | 'schedules'>;
  readonly logger: Logger;
  readonly deadlineMs: number;
  readonly graceMs: number;
  readonly now: () => Date;
}

/** Redaction at the end of the account's day, or so many days later. */
export interface AutomaticRedaction {
  /**
   * Opens the request an account is due for now, unless it is open already: a day is one request.
   * @returns whether one was opened
   */
  openDue(account: string): Promise<boolean>;
  /**
   * One round over all accounts: aligns the schedules in Redis with the settings, and opens every run that is due and
   * was missed. Any number of processes may do it.
   */
  reconcile(): Promise<void>;
}

/** One run: interactions before `before` are redacted, once `since` has come. */
export interface DueRedaction {
  /** The same for equal runs: `auto:` and the day in the account's calendar. */
  readonly token: string;
  readonly before: Date;
  /** When it became due: the first moment of that day. */
  readonly since: Date;
}

/** An account with its effective settings. */
interface Wanted {
  readonly account: Account;
  readonly effective: Effective;
}

interface Context extends AutomaticDependencies {
  /** The last run this process has seen in the ledger, by account: a round asks the ledger once a day and account. */
  readonly seen: Map<string, number>;
}

/**
 * The first moment of the day, and an hour later again. Cron leaves out a day whose midnight the clocks skip: its first
 * moment is one o'clock. On other days the second run finds nothing to do.
 */
export const PATTERN = '0 0,1 * * *';
/** A schedule whose next run is so long past has lost its job. */
const LOST_MS = 3_600_000;
/** `requested_by` and actor, in ledger and audit. */
const ACTOR = 'schedule';
/** Accounts in `seen`. Past them a round asks the ledger again, which costs an indexed query an account. */
const MOST_SEEN = 100_000;

/** Accounts between two turns of the event loop for others: a round over tens of thousands must not hold it. */
const BETWEEN_YIELDS = 100;

type Due = (timeZone: string, automatic: Exclude<Automatic, 'off'>) => DueRedaction;

/** `dueRedaction` at one moment, computed once for all accounts of a time zone: a calendar costs much more than an account. */
function shareDays(now: Date): Due {
  const known = new Map<string, DueRedaction>();
  return (timeZone, automatic) => {
    const key = `${automatic} ${timeZone}`;
    const due = known.get(key) ?? dueRedaction(now, timeZone, automatic);
    known.set(key, due);
    return due;
  };
}

/** Wires the automatic redaction of one process. */
export function createAutomaticRedaction(deps: AutomaticDependencies): AutomaticRedaction {
  const context: Context = { ...deps, seen: new Map() };
  return {
    async openDue(id) {
      const found = await findWanted(deps.db, id);
      return found ? openRun(context, found) : false;
    },
    async reconcile() {
      const due = shareDays(deps.now());
      for (const [at, wanted] of (await alignSchedules(deps)).entries()) {
        if (at % BETWEEN_YIELDS === 0) await yieldToOthers();
        // An account whose time zone is unknown by now must not keep the others from being redacted.
        await openRun(context, wanted, due).catch((error: unknown) => {
          if (isTransient(error)) throw error;
          deps.logger.error('automatic redaction failed', { account: wanted.account._id, error });
        });
      }
    },
  };
}

/**
 * The run that is due at a moment, from the account's own calendar. A day ends where the next begins there, after 23 to
 * 25 hours. Computed from now, not from when it should have run: a missed day is part of the next.
 * @param automatic daily: all days that have ended; a number: days that ended so many days before today began
 * @throws RangeError when the time zone is none
 */
export function dueRedaction(now: Date, timeZone: string, automatic: Exclude<Automatic, 'off'>): DueRedaction {
  const moment = DateTime.fromJSDate(now, { zone: timeZone });
  if (timeZone === '' || !moment.isValid) throw new RangeError('no such time zone or moment');
  const today = firstMoment(moment);
  // Counted in calendar days from noon, which every day has.
  const back = automatic === 'daily' ? 0 : automatic;
  const before = firstMoment(today.set({ hour: 12 }).minus({ days: back }));
  return { token: `auto:${today.toFormat('yyyy-MM-dd')}`, before: before.toJSDate(), since: today.toJSDate() };
}

/** Brings the schedule of one account in line with its settings. @throws what Redis throws */
export async function setSchedule(
  producer: Pick<Producer, 'schedule' | 'unschedule'>,
  account: Account,
  effective: Effective,
): Promise<void> {
  const id = scheduleIdOf(account._id);
  if (effective.automatic === 'off') await producer.unschedule(id);
  else
    await producer.schedule(
      'redact-due',
      { account: account._id },
      { id, pattern: PATTERN, timeZone: account.time_zone },
    );
}

const scheduleIdOf = (account: string): string => `redact-due-${account}`;

async function findWanted(db: mongoose.mongo.Db, id: string): Promise<Wanted | null> {
  const account = await readAccount(db, id);
  if (!account) return null;
  const agency = account.agency_id === undefined ? null : await readAccount(db, account.agency_id);
  return { account, effective: effectiveSettings(account, agency) };
}

/** Every account whose automatic redaction is in force. */
async function findAllWanted(db: mongoose.mongo.Db): Promise<Wanted[]> {
  const found = await readAutomaticAccounts(db);
  const ids = [...new Set(found.flatMap(({ agency_id: id }) => (id === undefined ? [] : [id])))];
  const agencies = new Map((await readAccounts(db, ids)).map((one) => [one._id, one]));
  return found
    .map((account) => ({
      account,
      effective: effectiveSettings(account, agencies.get(account.agency_id ?? '') ?? null),
    }))
    .filter(({ effective }) => effective.automatic !== 'off');
}

/** @returns whether a request was opened */
async function openRun(
  context: Context,
  { account, effective }: Wanted,
  dueFor: Due = shareDays(context.now()),
): Promise<boolean> {
  const { db, seen } = context;
  if (effective.automatic === 'off') return false;
  const due = dueFor(account.time_zone, effective.automatic);
  // The first run of a new setting is at the end of today.
  if (effective.since !== undefined && effective.since > due.since) return false;
  if (seen.get(account._id) === due.before.getTime()) return false;
  const known = await requestsOf(db).findOne(
    { account_id: account._id, token: due.token, 'selector.by': 'age', 'selector.before': { $gte: due.before } },
    { projection: { _id: 1 } },
  );
  const opened = known === null ? await openRequestFor(context, account, due) : 'known';
  if (opened === 'wait') return false;
  remember(seen, account._id, due.before.getTime());
  return opened === 'opened';
}

async function openRequestFor(
  context: Context,
  account: Account,
  due: DueRedaction,
): Promise<'opened' | 'known' | 'wait'> {
  const { request, fresh } = await openRequest(context.db, {
    account_id: account._id,
    profile: 'interaction',
    selector: { by: 'age', before: due.before },
    token: due.token,
    requested_by: ACTOR,
    keep_suppression: true,
    now: context.now(),
    deadlineMs: context.deadlineMs,
    graceMs: context.graceMs,
  });
  // A run for this date in the account's earlier time zone is unfinished: wait for it.
  if (request.selector.by === 'age' && request.selector.before < due.before) return 'wait';
  if (!fresh) return 'known';
  await callWorker(context, REQUEST_CALL, request);
  return 'opened';
}

/** Keeps the newest: the account that was seen first is forgotten first. */
function remember(seen: Map<string, number>, account: string, before: number): void {
  seen.delete(account);
  seen.set(account, before);
  const [oldest] = seen.keys();
  if (seen.size > MOST_SEEN && oldest !== undefined) seen.delete(oldest);
}

/** @returns the accounts whose automatic redaction is in force, also when Redis is away */
async function alignSchedules(deps: AutomaticDependencies): Promise<Wanted[]> {
  const { producer, logger } = deps;
  // Redis first: a schedule that is made between the two readings is not in the list, and not taken for a stray.
  const schedules = await producer.schedules('redact-due').catch((error: unknown) => {
    logger.warn('schedules not read', { error });
    return null;
  });
  const wanted = await findAllWanted(deps.db);
  if (schedules !== null)
    await align(deps, schedules, wanted).catch((error: unknown) => logger.warn('schedules not aligned', { error }));
  return wanted;
}

async function align(
  { producer, now }: AutomaticDependencies,
  schedules: readonly Schedule[],
  wanted: readonly Wanted[],
): Promise<void> {
  const strays = new Map(schedules.map((one) => [one.id, one]));
  for (const { account, effective } of wanted) {
    const id = scheduleIdOf(account._id);
    const schedule = strays.get(id);
    strays.delete(id);
    const lost = (schedule?.next?.getTime() ?? 0) < now().getTime() - LOST_MS;
    if (schedule?.pattern === PATTERN && schedule.timeZone === account.time_zone && !lost) continue;
    // An unknown time zone is logged where its run is opened.
    if (isTimeZone(account.time_zone)) await setSchedule(producer, account, effective);
  }
  for (const id of strays.keys()) await producer.unschedule(id);
}
