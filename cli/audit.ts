import type mongoose from 'mongoose';
import { readConfigPart } from '../src/base/config.ts';
import { ensureIndexes } from '../src/base/db/ensure-indexes.ts';
import { auditIndexes } from '../src/indexes.ts';
import { type Audit, createAudit } from '../src/ledger/audit/audit.ts';
import { createAuditSeal } from '../src/ledger/audit/entry.ts';
import type { CommandContext } from './context.ts';

/** Who the audit says it was: the command line has no sign-in. */
export const CLI_ACTOR = 'cli';

/**
 * The audit, for what a command does. Its index is there afterwards: without it two commands side by side could take one
 * place in a chain.
 * @throws ConfigError without `LETHE_TOKEN_KEYS`; what building an index throws
 */
export async function openAudit(context: CommandContext, db: mongoose.mongo.Db): Promise<Audit> {
  const { LETHE_TOKEN_KEYS: ring } = readConfigPart(context.env, ['LETHE_TOKEN_KEYS']);
  await ensureIndexes(db, auditIndexes);
  return createAudit(db, createAuditSeal(ring));
}
