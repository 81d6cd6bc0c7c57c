import type { Logger } from '../../src/base/log.ts';
import type { FileOwner, Files } from '../../src/ledger/recordings/files.ts';

/** The job `remove-files`: one attempt at every file of one owner that is due. The relay calls again while some are left. */
export async function processRemoveFiles(
  deps: { readonly files: Files; readonly logger: Logger },
  { account, reference }: FileOwner,
  signal: AbortSignal,
): Promise<void> {
  const left = await deps.files.removeNow({ account, reference }, signal);
  if (left && left.tries > 0) deps.logger.warn('recording file not removed', { account, reference, ...left });
}
