import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { createSeal } from '../../src/base/keys/seal.ts';
import { type RequestDetails, viewDetails } from '../../src/contracts/requests/view.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { findAnywhere } from '../find-request.ts';
import { formatTime } from '../table.ts';

const HOUR_MS = 3_600_000;

interface Options {
  account?: string;
  json?: true;
}

/** `lethe request show REFERENCE`: everything the ledger knows of one request, and never the number. */
export function requestShow(context: CommandContext): Command {
  return new Command('show')
    .description('Show one request: how it stands, why, until when, and what was tried')
    .argument('<reference>', 'the reference that the platform was given')
    .option('--account <id>', 'the account it belongs to')
    .option('--json', 'as JSON, as the API shows it')
    .action(async (reference: string, { account, json }: Options) => {
      const { LETHE_SEAL_KEYS, ALARM_HOURS } = readConfigPart(context.env, ['LETHE_SEAL_KEYS', 'ALARM_HOURS']);
      const { request, progress } = await withDatabase(context, ({ connection, db }) =>
        findAnywhere(db, createAccounts(connection), reference, account),
      );
      const view = viewDetails(request, {
        ...{ seal: createSeal(LETHE_SEAL_KEYS), progress, now: context.now() },
        dueSoonMs: Math.max(...ALARM_HOURS) * HOUR_MS,
      });
      if (json) context.print(JSON.stringify(view, null, 2));
      else for (const line of describe(view)) context.print(line);
    });
}

function describe(view: RequestDetails): string[] {
  const erased = Object.entries(view.erased).map(([name, count]) => `${name} ${count}`);
  const facts: [string, string | undefined][] = [
    ['reference', view.reference],
    ['account', view.account],
    ['number', view.masked],
    ['profile', view.profile],
    ['state', `${view.state} (${view.deadline_state.replace('_', ' ')})`],
    ['why', view.why],
    ['until', formatTime(view.until)],
    ['accepted', formatTime(view.accepted_at)],
    ['due', formatTime(view.due_at)],
    ['completed', formatTime(view.completed_at)],
    ['erased', erased.join(', ')],
    ['next look', formatTime(view.next_look_at)],
    ['in hand of', view.lease && `${view.lease.holder} until ${formatTime(view.lease.until)}`],
    ['asked by', view.requested_by],
    ['can be', [view.can.retry ? 'retried' : '', view.can.cancel ? 'cancelled' : ''].filter(Boolean).join(', ')],
  ];
  const lines = facts.flatMap(([name, value]) => (value ? [`${name.padEnd(11)}${value}`] : []));
  const events = view.timeline.map(
    ({ at, what, detail }) => `${formatTime(at)}  ${what}${detail ? `: ${detail}` : ''}`,
  );
  const records = view.attempts.at(-1)?.ids ?? [];
  return [
    ...lines,
    '',
    ...events,
    ...(records.length > 0 ? ['', `records of the last failed attempt: ${records.join(' ')}`] : []),
  ];
}
