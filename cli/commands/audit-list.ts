import { Command, Option } from 'commander';
import type mongoose from 'mongoose';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { ACTIONS, type AuditAction, type AuditEntry, INSTALLATION } from '../../src/ledger/audit/entry.ts';
import { type AuditPosition, type AuditQuery, eachAuditEntry, readAuditPage } from '../../src/ledger/audit/read.ts';
import { eachAuditedAccount, hasChain } from '../../src/ledger/audit/verify.ts';
import { writeCells } from '../../src/lib/csv.ts';
import type { CommandContext } from '../context.ts';
import { type OpenDatabase, withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { readEnd, readTime } from '../moments.ts';
import { createProgress } from '../progress.ts';
import { formatTime, printTable } from '../table.ts';

interface Options {
  account?: string;
  action?: AuditAction;
  actor?: string;
  reference?: string;
  from?: string;
  to?: string;
  limit: string;
  json?: true;
}

const MOST_ROWS = 10_000;
const COLUMNS = ['account', 'sequence', 'at', 'action', 'actor', 'reason', 'reference', 'token', 'counts'] as const;

const filtered = (command: Command) =>
  command
    .option('--account <id>', 'one account, or "installation": who may sign in, and did; all of them unless given')
    .addOption(new Option('--action <name>', 'entries of this kind').choices(ACTIONS))
    .option('--actor <id>', 'what a key or a person did, "schedule" or "cli"')
    .option('--reference <id>', 'about this request, key or person')
    .option('--from <moment>', 'a day or moment of ISO 8601, in UTC')
    .option('--to <moment>', 'a day, which is part of the period, or a moment, which is not');

/** `lethe audit list`: the newest entries. */
export function auditList(context: CommandContext): Command {
  return filtered(new Command('list').description('Show entries of the audit, newest first; no number is in them'))
    .option('--limit <n>', `at most so many, up to ${MOST_ROWS}`, '50')
    .option('--json', JSON_OPTION)
    .action((options: Options) => list(context, options));
}

/** `lethe audit export`: everything that fits, chain by chain, in constant memory. */
export function auditExport(context: CommandContext): Command {
  return filtered(
    new Command('export').description('Print entries of the audit as CSV, account by account, oldest first'),
  )
    .option('--json', `${JSON_OPTION}, with the hashes that chain the entries`)
    .action((options: Options) => exportAll(context, options));
}

async function list(context: CommandContext, options: Options): Promise<void> {
  const limit = /^\d{1,5}$/.test(options.limit) ? Number(options.limit) : 0;
  if (limit < 1 || limit > MOST_ROWS) throw new UsageFault(`--limit must be a whole number from 1 to ${MOST_ROWS}`);
  const query = queryOf(options);
  const progress = createProgress(context, 'entries');
  const entries = await withDatabase(context, async (open) => {
    const accounts = await accountsOf(open, options.account);
    const found: AuditEntry[] = [];
    let after: AuditPosition | undefined;
    do {
      progress.onProgress({ place: 'audit', read: found.length, total: limit });
      const page = await readAuditPage(open.db, accounts, query, { limit: limit - found.length, after });
      found.push(...page.entries);
      after = page.next ?? undefined;
    } while (after && found.length < limit);
    progress.clear();
    return found;
  });
  if (options.json) printObjects(context, entries.map(viewOf));
  else if (entries.length === 0) context.note('No such entries.');
  else
    printTable(
      context,
      ['AT', 'ACCOUNT', 'NO', 'ACTION', 'ACTOR', 'REFERENCE', 'RECORDS', 'REASON'],
      entries.map(({ at, account_id, seq, action, actor, reference = '', counts, reason }) => [
        ...[formatTime(at), account_id, String(seq), action, actor, reference],
        String(Object.values(counts).reduce((sum, count) => sum + count, 0)),
        reason,
      ]),
    );
}

async function exportAll(context: CommandContext, options: Options): Promise<void> {
  const query = queryOf(options);
  const progress = createProgress(context, 'entries');
  await withDatabase(context, async (open) => {
    const accounts =
      options.account === undefined ? eachAuditedAccount(open.db) : await accountsOf(open, options.account);
    let printed = 0;
    if (!options.json) context.print(writeCells(COLUMNS));
    for await (const account of accounts)
      for await (const entry of eachAuditEntry(open.db, account, query)) {
        printed += 1;
        progress.onProgress({ place: account, read: printed, total: 0 });
        context.print(options.json ? JSON.stringify(wholeOf(entry)) : writeCells(cellsOf(entry)));
      }
    progress.clear();
    context.note(`${printed} entries.`);
  });
}

/** @throws CommandFailure for an id that was mistyped: an empty list would be taken for "nothing was done" */
async function accountsOf({ connection, db }: OpenDatabase, id: string | undefined): Promise<string[]> {
  const accounts = createAccounts(connection);
  if (id === undefined) return [...(await accounts.list()).map(({ _id }) => _id), INSTALLATION];
  if (!(await accounts.find(id)) && !(await hasChain(db as mongoose.mongo.Db, id)))
    throw new CommandFailure('no account has this id');
  return [id];
}

function queryOf({ action, actor, reference, from, to }: Options): AuditQuery {
  const query = {
    ...{ action, actor, reference },
    from: from === undefined ? undefined : readTime(from, '--from'),
    to: to === undefined ? undefined : readEnd(to, '--to'),
  };
  if (query.from && query.to && query.from >= query.to) throw new UsageFault('--to must be later than --from');
  return query;
}

function viewOf({ account_id, seq, at, action, actor, reason, reference, token, counts }: AuditEntry) {
  return { account: account_id, sequence: seq, at, action, actor, reason, reference, token, counts };
}

const wholeOf = (entry: AuditEntry) => ({
  ...viewOf(entry),
  once: entry.once,
  previous: entry.previous,
  mac: entry.mac,
});

function cellsOf(entry: AuditEntry): (string | null)[] {
  const { at, counts, sequence, ...view } = viewOf(entry);
  const cells = { ...view, at: at.toISOString(), sequence: String(sequence), counts: JSON.stringify(counts) };
  return COLUMNS.map((column) => cells[column] ?? null);
}
