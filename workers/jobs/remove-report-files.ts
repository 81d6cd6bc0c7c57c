import type { Logger } from '../../src/base/log.ts';
import { removeReportFiles, type TendDependencies } from '../../src/contracts/access/reports/tend.ts';

/** The job `remove-report-files`: files of reports whose time is over, and what killed writers left behind. */
export async function processRemoveReportFiles(deps: TendDependencies & { readonly logger: Logger }): Promise<void> {
  const removed = await removeReportFiles(deps);
  if (removed > 0) deps.logger.info('report files removed', { removed });
}
