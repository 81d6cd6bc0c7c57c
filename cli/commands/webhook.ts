import { Command } from 'commander';
import { presentDelivery, presentWebhook } from '../../api/webhooks/present.ts';
import { readConfigPart } from '../../src/base/config.ts';
import { createSeal } from '../../src/base/keys/seal.ts';
import { listOf } from '../../src/base/outgoing/addresses.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { deleteWebhook, deliveriesOf, redeliver } from '../../src/ledger/webhooks/deliveries.ts';
import { EVENT_TYPES, type EventType } from '../../src/ledger/webhooks/events.ts';
import { faultOfUrl } from '../../src/ledger/webhooks/url.ts';
import { createWebhook, listWebhooks, MOST_WEBHOOKS } from '../../src/ledger/webhooks/webhooks.ts';
import type { CommandContext } from '../context.ts';
import { type OpenDatabase, withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { readLabel } from '../label.ts';
import { formatTime, printTable } from '../table.ts';

interface Options {
  readonly account: string;
}

interface ListOptions extends Options {
  readonly json?: true;
}

/** The commands of `lethe webhook`. */
export function webhookCommands(context: CommandContext): Command[] {
  const make = (name: string, description: string) =>
    new Command(name).description(description).requiredOption('--account <id>', 'the account it belongs to');
  return [
    make('create', 'Have a place told what happens, and print its secret, once')
      .requiredOption('--url <url>', 'where messages are posted to')
      .option('--events <list>', `some of ${EVENT_TYPES.join(',')}; all unless given`)
      .option('--label <label>', 'what it is for', '')
      .action((options: CreateOptions) => create(context, options)),
    make('list', 'List the webhooks of an account')
      .option('--json', JSON_OPTION)
      .action((options: ListOptions) => list(context, options)),
    make('delete', 'Tell a place nothing more')
      .argument('<id>', 'the webhook')
      .action((id: string, options: Options) => remove(context, id, options)),
    make('deliveries', 'What was told, and what came of it, newest first')
      .option('--limit <n>', 'at most so many, up to 1000', '50')
      .option('--json', JSON_OPTION)
      .action((options: ListOptions & { limit: string }) => listDeliveries(context, options)),
    make('redeliver', 'Send a message again, under the same id')
      .argument('<id>', 'the delivery')
      .action((id: string, options: Options) => sendAgain(context, id, options)),
  ];
}

interface CreateOptions extends Options {
  readonly url: string;
  readonly events?: string;
  readonly label: string;
}

async function create(context: CommandContext, { account, url, events, ...options }: CreateOptions): Promise<void> {
  const label = readLabel('--label', options.label, 0);
  const { LETHE_SEAL_KEYS, WEBHOOK_ALLOWED_NETWORKS } = readConfigPart(context.env, [
    'LETHE_SEAL_KEYS',
    'WEBHOOK_ALLOWED_NETWORKS',
  ]);
  const fault = faultOfUrl(url, listOf(WEBHOOK_ALLOWED_NETWORKS));
  if (fault !== undefined) throw new UsageFault(`--url ${fault}`);
  const names = (events ?? '').split(',').filter((name) => name !== '');
  if (!names.every(isEventType)) throw new UsageFault(`--events takes some of ${EVENT_TYPES.join(',')}`);
  const made = await withAccount(context, account, ({ db }) =>
    createWebhook(db, createSeal(LETHE_SEAL_KEYS), { account, url, label, events: names, now: context.now() }),
  );
  if (!made) throw new CommandFailure(`an account has ${MOST_WEBHOOKS} webhooks at most`);
  context.print(made.secret);
  context.note(`Webhook ${made.webhook._id}. This is the only time its secret is shown.`);
}

const isEventType = (name: string): name is EventType => EVENT_TYPES.some((type) => type === name);

async function list(context: CommandContext, { account, json }: ListOptions): Promise<void> {
  const hooks = await withAccount(context, account, ({ db }) => listWebhooks(db, account));
  if (json) return printObjects(context, hooks.map(presentWebhook));
  if (hooks.length === 0) context.note('No webhooks.');
  const rows = hooks.map(({ _id, url, events, label, created_at }) => [
    ...[_id, formatTime(created_at), events.length === EVENT_TYPES.length ? 'all' : events.join(','), url, label],
  ]);
  if (rows.length > 0) printTable(context, ['ID', 'CREATED', 'EVENTS', 'URL', 'LABEL'], rows);
}

async function remove(context: CommandContext, id: string, { account }: Options): Promise<void> {
  const isDeleted = await withDatabase(context, ({ db }) => deleteWebhook(db, account, id, context.now()));
  if (!isDeleted) throw new CommandFailure('no webhook of this account has this id');
  context.note('Webhook deleted.');
}

async function listDeliveries(context: CommandContext, options: ListOptions & { limit: string }): Promise<void> {
  const { account } = options;
  const limit = /^\d{1,4}$/.test(options.limit) ? Number(options.limit) : 0;
  if (limit < 1 || limit > 1000) throw new UsageFault('--limit must be a whole number from 1 to 1000');
  const found = await withAccount(context, account, ({ db }) =>
    deliveriesOf(db).find({ account_id: account }).sort({ _id: -1 }).limit(limit).toArray(),
  );
  if (options.json) return printObjects(context, found.map(presentDelivery));
  const rows = found.map((row) => {
    const last = row.attempts.at(-1);
    const outcome = last === undefined ? '' : 'status' in last ? String(last.status) : last.fault;
    const next = row.unfinished ? row.not_before : undefined;
    return [
      ...[row._id.toHexString(), row.webhook, row.type, row.reference ?? '', row.state, String(row.tries), outcome],
      ...[formatTime(row.created_at), formatTime(next)],
    ];
  });
  const header = ['ID', 'WEBHOOK', 'TYPE', 'REFERENCE', 'STATE', 'TRIES', 'LAST', 'CREATED', 'NEXT'];
  if (rows.length === 0) context.note('Nothing was told.');
  else printTable(context, header, rows);
}

async function sendAgain(context: CommandContext, id: string, { account }: Options): Promise<void> {
  const row = await withDatabase(context, ({ db }) => redeliver(db, account, id, context.now()));
  if (!row) throw new CommandFailure('no delivery of this account has this id, or its webhook is gone');
  context.note('The next worker that looks sends it again.');
}

/** @throws CommandFailure for an account that is none: "nothing" about a mistyped id would be taken for an answer */
function withAccount<Result>(
  context: CommandContext,
  account: string,
  work: (open: OpenDatabase) => Promise<Result>,
): Promise<Result> {
  return withDatabase(context, async (open) => {
    if (!(await createAccounts(open.connection).find(account))) throw new CommandFailure('no account has this id');
    return work(open);
  });
}
