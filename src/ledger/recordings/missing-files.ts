import type mongoose from 'mongoose';
import type { Logger } from '../../base/log.ts';
import { requestsOf } from '../requests/ledger.ts';
import type { FilesOptions } from './files.ts';

/**
 * Counts references that led to no file on their request, and says so in the log. The file may be gone already, or it has
 * another name than the record says: then nobody will find it any more.
 */
export function noteMissingFiles(
  db: mongoose.mongo.Db,
  logger: Pick<Logger, 'warn'> | undefined,
): NonNullable<FilesOptions['onMissing']> {
  return async ({ account, reference }, where) => {
    logger?.warn('recording references led to no file', {
      account,
      reference,
      count: where.length,
      where: [...new Set(where)],
    });
    await requestsOf(db).updateOne({ account_id: account, reference }, { $inc: { files_missing: where.length } });
  };
}
