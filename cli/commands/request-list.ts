import { Command, Option } from 'commander';
import type mongoose from 'mongoose';
import { PROFILE_NAMES } from '../../src/engine/map/categories.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { explain } from '../../src/ledger/requests/explain.ts';
import { type ErasureRequest, requestsOf } from '../../src/ledger/requests/ledger.ts';
import { readProgress, type ScanProgress } from '../../src/ledger/scan/progress.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { formatTime, printTable } from '../table.ts';

interface Options {
  overdue?: true;
  failed?: true;
  unfinished?: true;
  all?: true;
  account?: string;
  limit: string;
  json?: true;
}

const MOST_ROWS = 10_000;
const HEADER = [
  'REFERENCE',
  'ACCOUNT',
  'PROFILE',
  'STATE',
  'ACCEPTED',
  'DUE',
  'NEXT LOOK',
  'FAILURES',
  'ERASED',
  'WHY',
];

/** `lethe request list`: unfinished requests, the nearest deadline first. */
export function requestList(context: CommandContext): Command {
  return new Command('list')
    .description('List requests by deadline: unfinished ones unless told otherwise')
    .addOption(new Option('--unfinished', 'not completed yet (the default)').conflicts(['overdue', 'failed', 'all']))
    .addOption(new Option('--overdue', 'unfinished and past the deadline').conflicts(['failed', 'all']))
    .addOption(new Option('--failed', 'unfinished, and the last attempt failed').conflicts(['all']))
    .addOption(new Option('--all', 'completed ones too, newest first; needs --account'))
    .option('--account <id>', 'of this account only')
    .option('--limit <n>', `at most so many, up to ${MOST_ROWS}`, '100')
    .option('--json', JSON_OPTION)
    .action((options: Options) => list(context, options));
}

async function list(context: CommandContext, options: Options): Promise<void> {
  const limit = /^\d{1,5}$/.test(options.limit) ? Number(options.limit) : 0;
  if (limit < 1 || limit > MOST_ROWS) throw new UsageFault(`--limit must be a whole number from 1 to ${MOST_ROWS}`);
  // Over all accounts only the unfinished ones have an index.
  if (options.all && options.account === undefined) throw new UsageFault('--all needs --account');

  const { requests, progress } = await withDatabase(context, async ({ connection, db }) => {
    const found = await requestsOf(db)
      .find(filterOf(options, context.now()), { projection: { sealed: 0, token: 0, announced: 0 } })
      .sort(options.all ? { created_at: -1 } : { due_at: 1 })
      // One more than is shown, to tell whether there is more.
      .limit(limit + 1)
      .toArray();
    // "No such requests" about an id that was mistyped would be taken for good news.
    if (
      found.length === 0 &&
      options.account !== undefined &&
      !(await createAccounts(connection).find(options.account))
    )
      throw new CommandFailure('no account has this id');
    return { requests: found, progress: await readProgress(db, found) };
  });
  if (requests.length > limit) context.note(`There are more than ${limit}: see --limit.`);
  const shown = requests.slice(0, limit);
  if (options.json) {
    printObjects(
      context,
      shown.map((request) => viewOf(request, progress.get(request), context.now())),
    );
    return;
  }
  if (requests.length === 0) {
    context.note('No such requests.');
    return;
  }
  const rows = shown.map((request) => rowOf(request, progress.get(request), context.now()));
  printTable(context, HEADER, rows);
}

function filterOf(options: Options, now: Date): mongoose.mongo.Filter<ErasureRequest> {
  return {
    ...(options.account !== undefined && { account_id: options.account }),
    // All of them, so that an index has the account's requests in their order.
    ...(options.all
      ? { profile: { $in: [...PROFILE_NAMES] } }
      : // With a bound on its key the partial index of the unfinished is taken; else all are read.
        { unfinished: true as const, due_at: options.overdue ? { $lt: now } : { $gt: new Date(0) } }),
    ...(options.failed && { state: 'failed' as const }),
  };
}

/** A request that nobody has begun may be begun at once. */
function formatNext(next: Date | undefined): string {
  return next?.getTime() === 0 ? 'now' : formatTime(next);
}

/** A failure as briefly as a column wants it; anything else in words. */
function whyOf(request: ErasureRequest, progress: ScanProgress | undefined, now: Date): string {
  const { failure } = request;
  const failed = failure ? failure.name + (failure.where ? ` ${failure.where}` : '') : '';
  const waits = progress
    ? describeProgress(progress)
    : request.state === 'failed'
      ? ''
      : (explain({ ...request, failure: undefined }, progress, now).why ?? '');
  return [failed, waits].filter((part) => part !== '').join('; ');
}

function rowOf(request: ErasureRequest, progress: ScanProgress | undefined, now: Date): string[] {
  const erased = Object.values(request.erased).reduce((sum, count) => sum + count, 0);
  const overdue = request.unfinished && request.due_at < now ? ' (overdue)' : '';
  return [
    request.reference,
    request.account_id,
    request.profile,
    request.state + overdue,
    formatTime(request.created_at),
    formatTime(request.due_at),
    // No clock calls for a request that waits for a scan: it goes on when the scan does.
    request.unfinished ? formatNext(progress ? progress.next : request.not_before) : '',
    String(request.failures),
    String(erased),
    whyOf(request, progress, now),
  ];
}

/** A request for scripts. */
function viewOf(request: ErasureRequest, progress: ScanProgress | undefined, now: Date): object {
  const { failure, not_before } = request;
  const next = progress ? progress.next : not_before;
  return {
    reference: request.reference,
    account: request.account_id,
    profile: request.profile,
    state: request.state,
    overdue: request.unfinished === true && request.due_at < now,
    accepted_at: request.created_at,
    due_at: request.due_at,
    completed_at: request.completed_at,
    // The epoch stands for "at once".
    next_look_at: request.unfinished && next && next.getTime() > 0 ? next : undefined,
    failures: request.failures,
    erased: request.erased,
    failed: request.unfinished && failure ? { code: failure.name, where: failure.where, at: failure.at } : undefined,
    why: whyOf(request, progress, now) || undefined,
  };
}

function describeProgress({ read, of }: ScanProgress): string {
  const count = (records: number) => records.toLocaleString('en-GB');
  return `reads the records: ${count(read)}${of === null ? '' : ` of about ${count(of)}`}`;
}
