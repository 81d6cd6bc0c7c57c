import { Command, Option } from 'commander';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { monthOf, monthWindow } from '../../src/ledger/requests/month-figures.ts';
import {
  type MonthReport,
  monthAsCsv,
  type RequestFigures,
  reportMonth,
  tellCauses,
} from '../../src/ops/month-report.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { printObjects } from '../json.ts';
import { createProgress } from '../progress.ts';
import { printTable } from '../table.ts';

interface Options {
  month?: string;
  account?: string;
  csv?: true;
  json?: true;
}

/** `lethe report month`: what came of the requests of one month. */
export function reportMonthCommand(context: CommandContext): Command {
  return new Command('month')
    .description('Requests accepted in a month: how many, how fast, overdue, failed; by profile and account')
    .option('--month <month>', 'as 2026-11, in UTC (default: the month before this one)')
    .option('--account <id>', 'one account; all of them unless given')
    .addOption(new Option('--csv', 'lines of CSV').conflicts('json'))
    .option('--json', 'one JSON object')
    .action((options: Options) => report(context, options));
}

async function report(context: CommandContext, options: Options): Promise<void> {
  const now = context.now();
  const month = options.month ?? monthBefore(now);
  if (monthWindow(month) === null) throw new UsageFault('--month must be a month as 2026-11');
  const progress = createProgress(context, 'accounts');
  const found = await withDatabase(context, async ({ connection, db }) => {
    const accounts = createAccounts(connection);
    if (options.account !== undefined && !(await accounts.find(options.account)))
      throw new CommandFailure('no account has this id');
    const ids = options.account === undefined ? (await accounts.list()).map(({ _id }) => _id) : [options.account];
    const onRead = (read: number) => progress.onProgress({ place: month, read, total: ids.length });
    return reportMonth(db, ids, month, now, { onRead });
  });
  progress.clear();
  if (options.json) printObjects(context, [found]);
  else if (options.csv) for (const line of monthAsCsv(found)) context.print(line);
  else print(context, found);
}

/** The day before this month's first lies in it. */
function monthBefore(now: Date): string {
  return monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 0)));
}

function print(context: CommandContext, { month, by_profile, by_account, ...all }: MonthReport): void {
  const row = (name: string, figures: RequestFigures) => [
    name,
    String(figures.received),
    String(figures.completed),
    formatSeconds(figures.median_seconds),
    formatSeconds(figures.p95_seconds),
    String(figures.overdue),
    String(figures.missed),
    tellCauses(figures.failed_by_cause).join(', '),
  ];
  printTable(
    context,
    [month, 'RECEIVED', 'COMPLETED', 'MEDIAN', '95TH', 'OVERDUE', 'MISSED', 'FAILED'],
    [
      row('all', all),
      ...Object.entries(by_profile).map(([profile, figures]) => row(profile, figures)),
      ...by_account.map(({ account, ...figures }) => row(account, figures)),
    ],
  );
}

function formatSeconds(seconds: number | null): string {
  if (seconds === null) return '';
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
