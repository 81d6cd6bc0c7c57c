import type { Logger } from '../../src/base/log.ts';
import type { FileAct, Files } from '../../src/ledger/recordings/files.ts';

/** The job `remove-files`: one attempt at every file of an act that is due. The relay calls again while some are left. */
export async function processRemoveFiles(
  deps: { readonly files: Files; readonly logger: Logger },
  { account, act }: FileAct,
  signal: AbortSignal,
): Promise<void> {
  const left = await deps.files.removeNow({ account, act }, signal);
  if (left && left.tries > 0) deps.logger.warn('recording file not removed', { account, reference: act, ...left });
}
