import type { Logger } from '../src/base/log.ts';
import type { Core } from '../src/core.ts';
import { createHeadKeeper } from '../src/ledger/audit/outside.ts';
import { exportTombstones } from '../src/ledger/tombstones/export.ts';
import type { Fault } from '../src/ops/metrics.ts';

/**
 * What is written down outside of the database, where a restored backup, or somebody who can write to the database alone, does
 * not reach: tombstones and the ends of the audit's chains. A fault is logged: the next round does the same.
 */
export function createOutside(
  core: Core,
  logger: Logger,
  now: () => Date,
  countFault: (fault: Fault) => void = () => {},
): () => Promise<void> {
  const { db, config, tombstoneStore } = core;
  const keepHeads =
    config.AUDIT_HEAD_FILE === undefined ? undefined : createHeadKeeper(db, config.AUDIT_HEAD_FILE, now);
  const attempt = async (what: string, work: () => Promise<unknown>, fault?: Fault) => {
    await work().catch((error: unknown) => {
      logger.warn(what, { error });
      if (fault !== undefined) countFault(fault);
    });
  };
  return async () => {
    if (tombstoneStore !== null) await attempt('tombstones not exported', () => exportTombstones(db, tombstoneStore));
    if (keepHeads !== undefined) await attempt('ends of the audit not kept outside', keepHeads, 'audit_heads_not_kept');
  };
}
