import { acceptForget } from '../../src/contracts/forget/accept.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { eraseRequest } from '../../src/ledger/requests/erase.ts';
import { type ErasureRequest, requestsOf } from '../../src/ledger/requests/ledger.ts';
import { relayScans } from '../../src/ledger/scan/ask.ts';
import { type ScanRow, scansOf } from '../../src/ledger/scan/ledger.ts';
import type { ScanDependencies } from '../../src/ledger/scan/pass.ts';
import { runScan, type ScanOutcome } from '../../src/ledger/scan/run.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { createJobDependencies, type JobDependencies } from '../../workers/jobs/dependencies.ts';
import type { Platform } from './platform.ts';

/** A job as the queue would have been told of it. */
interface ToldJob {
  readonly name: string;
  readonly id: string;
  readonly delayMs: number;
}

/** Erasures and scans whose turns a test takes one by one, with no queue and a clock of its own. */
export interface HandDriven {
  readonly jobs: JobDependencies;
  /** What the queue was told. */
  readonly told: ToldJob[];
  /** A second later at each look. */
  readonly now: () => Date;
  forget(account: Account, number: PhoneNumber): Promise<string>;
  /** One turn of work on a request. @returns what it came to */
  erase(account: Account, reference: string): Promise<string>;
  /** One turn of a scan, which reads about one collection. */
  step(account: Account, more?: Partial<ScanDependencies>): Promise<ScanOutcome>;
  /** Turns of the scan until this is so. @throws Error when it does not come to it */
  stepUntil(account: Account, isSo: () => Promise<boolean>, more?: Partial<ScanDependencies>): Promise<void>;
  /** Requests and scans to their end, as workers would. */
  finish(account: Account, reference: string): Promise<ErasureRequest>;
  relay(): Promise<number>;
  row(reference: string): Promise<ErasureRequest>;
  scan(account: Account): Promise<ScanRow>;
}

const SECOND = 1_000;
/** A slow machine reads less a step. */
const MOST_STEPS = 2_000;
/** Read on once, then give the pass back. */
const ONE_READ = { scanTurnMs: 1.5 * SECOND, scanLookMs: 0, leaseMs: 3_600 * SECOND, renewBelowMs: SECOND };

export function driveByHand(platform: Platform): HandDriven {
  const { core, logger } = platform;
  let clock = Date.now();
  const now = () => {
    clock += SECOND;
    return new Date(clock);
  };
  const told: ToldJob[] = [];
  const producer = {
    add: async (name: string, _payload: unknown, { id, delayMs = 0 }: { id: string; delayMs?: number }) => {
      told.push({ name, id, delayMs });
    },
    isAlive: async () => false,
  } as unknown as Parameters<typeof createJobDependencies>[1];
  const jobs = createJobDependencies(core, producer, logger, now);
  const signal = new AbortController().signal;
  const times = { ...core.times, ...ONE_READ, settleMs: 0 };
  const row = async (reference: string) => {
    const found = await requestsOf(core.db).findOne({ reference });
    if (!found) throw new Error('no such request');
    return found;
  };
  const driven: HandDriven = {
    jobs,
    told,
    now,
    row,
    async forget(account, number) {
      const input = { account, actor: 'test', number, unsuppress: false };
      const { request } = await acceptForget({ ...core, deadlineMs: 86_400_000, graceMs: 0 }, input, now());
      return request.reference;
    },
    async erase(account, reference) {
      const key = { account: account._id, reference };
      return (await eraseRequest({ ...jobs.erase, times }, key, signal)).outcome;
    },
    step: (account, more = {}) => runScan({ ...jobs.scan, times, ...more }, account._id, signal),
    async stepUntil(account, isSo, more) {
      for (let steps = 0; !(await isSo()); steps += 1) {
        if (steps === MOST_STEPS) throw new Error('the scan did not come to it');
        await driven.step(account, more);
      }
    },
    async finish(account, reference) {
      for (let steps = 0; steps < MOST_STEPS; steps += 1) {
        const outcome = await driven.erase(account, reference);
        const request = await row(reference);
        if (request.state === 'completed' || request.state === 'failed') return request;
        if (outcome === 'parked') await driven.step(account);
        else clock = Math.max(clock, request.not_before.getTime());
      }
      throw new Error('the request did not come to an end');
    },
    relay: () => relayScans({ db: core.db, producer, logger, times, now }, now()),
    async scan(account) {
      const found = await scansOf(core.db).findOne({ account_id: account._id });
      if (!found) throw new Error('no scan');
      return found;
    },
  };
  return driven;
}
