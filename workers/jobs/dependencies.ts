import type { Logger } from '../../src/base/log.ts';
import { listOf } from '../../src/base/outgoing/addresses.ts';
import type { Producer } from '../../src/base/queue/producer.ts';
import { createReportFolder } from '../../src/contracts/access/reports/folder.ts';
import type { TendDependencies } from '../../src/contracts/access/reports/tend.ts';
import type { ReportDependencies } from '../../src/contracts/access/reports/write.ts';
import { type AutomaticRedaction, createAutomaticRedaction } from '../../src/contracts/interactions/automatic.ts';
import type { RetentionDependencies } from '../../src/contracts/retention/open-retention.ts';
import type { Core } from '../../src/core.ts';
import { joinFinds } from '../../src/ledger/accounts/join-finds.ts';
import type { GuardDependencies } from '../../src/ledger/guard/guard.ts';
import { guardParts } from '../../src/ledger/guard/parts.ts';
import type { Files } from '../../src/ledger/recordings/files.ts';
import { createBinder } from '../../src/ledger/requests/bind.ts';
import { createConclude } from '../../src/ledger/requests/conclude.ts';
import type { EraseDependencies } from '../../src/ledger/requests/erase.ts';
import { createLedgerWrites } from '../../src/ledger/requests/ledger-writes.ts';
import { askForScan as askFor, type ScanNeed } from '../../src/ledger/scan/ask.ts';
import { createCircles } from '../../src/ledger/scan/circle-of.ts';
import type { ScanDependencies } from '../../src/ledger/scan/pass.ts';
import type { DeliverDependencies } from '../../src/ledger/webhooks/deliver.ts';
import { withNews } from '../../src/ledger/webhooks/news.ts';
import { coalesce } from '../../src/lib/coalesce.ts';
import type { DropDependencies } from '../../src/ops/drop-finished.ts';
import type { Fault } from '../../src/ops/metrics.ts';
import { createWay, type Way } from '../way.ts';

/** Records of an account that are read whenever a request waits; those of a larger one once an interval. */
const SMALL_ACCOUNT = 100_000;
/** Records of an account that are read without a rest. */
const FEW_RECORDS = 2_000;
/** How long a report rests after each part of its file while erasures are under way. */
const REPORT_REST_MS = 250;
/** Requests that ask for one scan together. */
const MOST_JOINED = 1_000;

/** What each job needs, by job. */
export interface JobDependencies {
  /** Erasures go before reports. */
  readonly way: Way;
  readonly erase: EraseDependencies;
  readonly scan: ScanDependencies;
  readonly webhooks: DeliverDependencies;
  readonly files: { readonly files: Files; readonly logger: Logger };
  readonly automatic: { readonly automatic: AutomaticRedaction; readonly logger: Logger };
  readonly report: ReportDependencies;
  readonly reportFiles: TendDependencies & { readonly logger: Logger };
  readonly retention: RetentionDependencies;
  readonly guard: GuardDependencies;
  readonly dropFinished: DropDependencies & { readonly logger: Logger };
}

/** Wires the jobs of one worker. */
export function createJobDependencies(
  core: Core,
  producer: Producer,
  logger: Logger,
  now: () => Date,
  countFault: (fault: Fault) => void = () => {},
): JobDependencies {
  const { config, times, db, dataMap, countriesOf, store, suppressions, tokens, seal, audit, files, copies, accounts } =
    core;
  const { deadlineMs, graceMs } = times;
  const bind = createBinder({ db, dataMap, countriesOf, store, suppressions, tokens, seal, audit, files, copies, now });
  // Requests that begin to wait side by side ask once.
  const askJoined = coalesce<Date, undefined>(async (account, due) => {
    const first = new Date(Math.min(...due.map((date) => date.getTime())));
    await askFor({ db, producer, logger, times, now }, { account, due: first });
    return due.map(() => undefined);
  }, MOST_JOINED);
  const askForScan = async ({ account, due }: ScanNeed) => askJoined(account, due);
  const circleOf = createCircles({
    db,
    dataMap,
    countriesOf,
    keepsNumber: suppressions.keepsNumber,
  });
  const folder = createReportFolder(config.REPORTS_DIR);
  const writes = createLedgerWrites(db, createConclude(core));
  const { note } = core;
  const way = createWay(REPORT_REST_MS);
  const ledger = withNews(writes, note);
  return {
    way,
    erase: {
      ledger,
      accounts: joinFinds(accounts),
      bind,
      seal,
      askForScan,
      logger,
      batchSize: config.BATCH_SIZE,
      times,
      now,
    },
    scan: {
      ...{ db, accounts, seal, files, producer, circleOf, logger, times, now },
      smallAccount: SMALL_ACCOUNT,
      fewRecords: FEW_RECORDS,
    },
    webhooks: {
      ...{ db, seal, logger, times, now, processor: core.processor },
      rules: { allowed: listOf(config.WEBHOOK_ALLOWED_NETWORKS), timeoutMs: times.webhookMs },
      onGivenUp: () => countFault('webhook_given_up'),
    },
    files: { files, logger },
    automatic: { automatic: createAutomaticRedaction({ db, producer, logger, deadlineMs, graceMs, now }), logger },
    report: {
      ...{ db, dataMap, countriesOf, accounts, seal, audit, folder, logger, times, now },
      mostBytes: config.REPORTS_MEGABYTES_LIMIT * 1_000_000,
      makeWay: way.make,
    },
    reportFiles: { db, folder, logger, now },
    guard: {
      ...{ db, accounts, seal, tokens, audit, producer, circleOf, logger, times, deadlineMs, graceMs, now, note },
      ...guardParts(core),
    },
    dropFinished: {
      ...{ db, audit, logger, now },
      keepMonths: config.LEDGER_KEEP_MONTHS,
      archiveDir: config.LEDGER_ARCHIVE_DIR,
    },
    retention: {
      ...{ db, dataMap, bind, producer, logger },
      ...{ deadlineMs, graceMs, now },
    },
  };
}
