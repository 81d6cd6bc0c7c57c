import type { Logger } from '../../src/base/log.ts';
import { dropOldBatches } from '../../src/contracts/forget/batch-rows.ts';
import { type DropDependencies, dropFinished } from '../../src/ops/drop-finished.ts';

/** The job `drop-finished`: requests that were finished longer ago than the ledger keeps them, and old lists of numbers. */
export async function processDropFinished(
  deps: DropDependencies & { readonly logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  const dropped = await dropFinished(deps, signal);
  if (dropped > 0) deps.logger.info('finished requests dropped', { requests: dropped });
  const batches = await dropOldBatches(deps.db, deps.now());
  if (batches > 0) deps.logger.info('old batches dropped', { batches });
}
