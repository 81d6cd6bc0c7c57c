import { createHash } from 'node:crypto';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { LetheError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import { REQUEST_CALL, requestsOf } from '../../ledger/requests/ledger.ts';
import { callWorker } from '../../ledger/work/call.ts';
import { type PhoneNumber, parseSubjectNumber } from '../../phone/number.ts';
import { type AcceptDependencies, acceptForget, delayOf } from './accept.ts';
import { addItems, type BatchItem, type BatchRow, openBatch } from './batch-rows.ts';

/** Numbers of one batch. */
export const MOST_LINES = 10_000;

export interface BatchDependencies {
  readonly accept: AcceptDependencies;
  /** Country codes that are served. */
  readonly prefixes: readonly string[];
  /** Tells the queue; absent where there is none at hand: the relay does it then. */
  readonly producer?: Pick<Producer, 'add'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly now: () => Date;
  /** Told how many lines have been worked on. */
  readonly onLines?: (done: number) => void;
}

export interface BatchInput {
  readonly account: Account;
  /** The key or the person that asks, as the audit names them. */
  readonly actor: string;
  /** As they were sent, one a line. */
  readonly numbers: readonly unknown[];
  readonly unsuppress: boolean;
}

/** Lines that are accepted before what became of them is written down. */
const CHUNK = 64;
/** Lines accepted side by side. */
const AT_ONCE = 8;

/**
 * The digest of a list: SHA-256 over its lines, as they were sent, joined by line feeds; in hexadecimal digits.
 * A caller can compute it. It is not kept: a list of one number would be found by trying all.
 */
export function digestOf(numbers: readonly unknown[]): string {
  return createHash('sha256')
    .update(numbers.map((one) => String(one)).join('\n'))
    .digest('hex');
}

/**
 * Accepts the lines of a list in their order, each as a request of its own: when a line's result is there, its number is
 * suppressed and its request is durable. The same list answers the same for a day, and goes on where it stood.
 * @param until no further lines are begun after it; a line under way is finished
 * @returns the batch as it stands then
 * @throws LetheError `unavailable`, and what the database throws: what was done until then is kept
 */
export async function forgetBatch(deps: BatchDependencies, input: BatchInput, until: () => boolean): Promise<BatchRow> {
  const { account, actor, numbers, unsuppress } = input;
  const { db, tokens } = deps.accept;
  const digests = tokens.allMarks(account._id, `batch:${unsuppress}:${digestOf(numbers)}`);
  let batch = await openBatch(db, { account: account._id, actor, digests, lines: numbers.length }, deps.now());
  while (batch.items.length < numbers.length && !until()) {
    const lines = numbers.slice(batch.items.length, batch.items.length + CHUNK);
    batch = await addItems(db, batch, await acceptLines(deps, input, batch._id, lines), deps.now());
    deps.onLines?.(batch.items.length);
    await yieldToOthers();
  }
  return batch;
}

async function acceptLines(
  deps: BatchDependencies,
  input: BatchInput,
  batch: string,
  lines: readonly unknown[],
): Promise<BatchItem[]> {
  const items: BatchItem[] = [];
  let next = 0;
  const work = async () => {
    for (let line = next++; line < lines.length; line = next++)
      items[line] = await acceptLine(deps, input, batch, lines[line]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return items;
}

async function acceptLine(
  deps: BatchDependencies,
  { account, actor, unsuppress }: BatchInput,
  batch: string,
  line: unknown,
): Promise<BatchItem> {
  const parsed = parseSubjectNumber(typeof line === 'string' ? line.trim() : line, deps.prefixes);
  if (!parsed.ok) return { refused: parsed.reason };
  const { number } = parsed;
  try {
    const accepted = await acceptForget(deps.accept, { account, actor, number, unsuppress, batch }, deps.now());
    if (accepted.fresh && deps.producer)
      await callWorker(
        { producer: deps.producer, logger: deps.logger },
        REQUEST_CALL,
        accepted.request,
        delayOf(accepted.request, deps.now()),
      );
    return { reference: accepted.request.reference };
  } catch (error) {
    if (!(error instanceof LetheError) || error.errorName !== 'no_affiliation') throw error;
    const before = await findAccepted(deps, account, batch, number);
    return before === null ? { refused: 'no_affiliation' } : { reference: before };
  }
}

/** A process that was killed may have accepted the line, and a worker have completed it, before that was written down. */
async function findAccepted(
  { accept: { db, tokens } }: BatchDependencies,
  account: Account,
  batch: string,
  number: PhoneNumber,
): Promise<string | null> {
  const token = { $in: tokens.allTokens(account._id, number) };
  const row = await requestsOf(db).findOne({ account_id: account._id, token, batch }, { projection: { reference: 1 } });
  return row?.reference ?? null;
}
