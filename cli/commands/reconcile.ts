import { Command } from 'commander';
import { readConfig } from '../../src/base/config.ts';
import { createCore } from '../../src/core.ts';
import { guardParts } from '../../src/ledger/guard/parts.ts';
import {
  type ReconcileDependencies,
  type Recovered,
  reconcile as reconcileAll,
  recoverTombstones,
} from '../../src/ledger/guard/reconcile.ts';
import { createCircles } from '../../src/ledger/scan/circle-of.ts';
import { createNews } from '../../src/ledger/webhooks/news.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { createProgress } from '../progress.ts';

interface Options {
  since?: string;
  all?: true;
}

/** `lethe reconcile`: after a restored backup, has everything erased that came back. */
export function reconcile(context: CommandContext): Command {
  return new Command('reconcile')
    .description('After restoring a backup: find what came back of people who were forgotten, and open requests for it')
    .option('--since <date>', 'only people forgotten since then: the moment of the backup, in ISO 8601')
    .option('--all', 'everybody who was ever forgotten')
    .action((options: Options) => run(context, readSince(options)));
}

/** @throws UsageFault unless exactly one of the two is given */
function readSince({ since, all }: Options): Date | undefined {
  if ((since === undefined) === (all === undefined)) throw new UsageFault('say either --since DATE or --all');
  if (since === undefined) return undefined;
  const date = new Date(since);
  if (!/^\d{4}-\d\d-\d\d/.test(since) || Number.isNaN(date.getTime()))
    throw new UsageFault('--since is a date in ISO 8601, as 2026-11-01 or 2026-11-01T04:00:00Z');
  return date;
}

async function run(context: CommandContext, since: Date | undefined): Promise<void> {
  const config = readConfig(context.env);
  const core = createCore(config, { poolSize: 5, serverSelectionMs: 5_000 });
  try {
    await core.prepare();
    const {
      db,
      accounts,
      dataMap,
      countriesOf,
      seal,
      tokens,
      audit,
      suppressions,
      times,
      tombstoneStore: store,
    } = core;
    const deps: ReconcileDependencies = {
      ...{ db, accounts, seal, tokens, audit, suppressions, store, now: context.now, note: createNews(db) },
      ...{ deadlineMs: times.deadlineMs, graceMs: times.graceMs },
      ...guardParts(core),
      circleOf: createCircles({ db, dataMap, countriesOf, keepsNumber: suppressions.keepsNumber }),
    };
    const recovered = await recoverTombstones(deps);
    tellRecovered(context, recovered, store !== null);
    const progress = createProgress(context);
    let people = 0;
    for await (const { account, read, references } of reconcileAll(deps, { since, onProgress: progress.onProgress })) {
      progress.clear();
      people += references.length;
      context.print(`${account}: ${read.toLocaleString('en')} records read, ${peopleOf(references.length)} came back`);
      for (const reference of references) context.print(`  ${reference}`);
    }
    if (people > 0) context.note('Workers erase them as any other request: lethe request list --unfinished.');
    else context.note('Nothing came back.');
    if (recovered.unreadable > 0)
      throw new CommandFailure(
        `${recovered.unreadable} lines of the exported tombstones cannot be read: people may be missing`,
      );
  } finally {
    await core.close();
  }
}

function tellRecovered(context: CommandContext, { lost, suppressed, strangers }: Recovered, isExported: boolean): void {
  if (!isExported)
    context.note(
      'Neither TOMBSTONES_FILE nor TOMBSTONES_S3_* is set: only what the ledger itself knows is looked for.',
    );
  if (lost > 0)
    context.note(`The ledger had lost ${lost} of the exported tombstones; ${suppressed} numbers are suppressed again.`);
  for (const account of strangers)
    context.note(`There is no account ${account}, in which people were forgotten: its records are not looked at.`);
}

const peopleOf = (count: number) => `${count} ${count === 1 ? 'person' : 'people'}`;
