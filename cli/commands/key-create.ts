import { Command } from 'commander';
import { auditKey } from '../../src/ledger/accounts/audited.ts';
import { createKeys } from '../../src/ledger/accounts/keys.ts';
import { ACCOUNT_SCOPES, type AccountScope } from '../../src/ledger/accounts/scopes.ts';
import { CLI_ACTOR, openAudit } from '../audit.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { readLabel } from '../label.ts';
import { readTime } from '../moments.ts';

interface Options {
  account: string;
  label: string;
  scopes?: string;
  expires?: string;
}

/** `lethe key create`: the whole key, once, and nothing else on standard output: `KEY=$(lethe key create …)` works. */
export function keyCreate(context: CommandContext): Command {
  return new Command('create')
    .description('Create an API key and print it, once')
    .requiredOption('--account <id>', 'the account it belongs to')
    .option('--label <label>', 'what it is for', '')
    .option('--scopes <list>', `what it may do, of ${ACCOUNT_SCOPES.join(',')}; all of them unless given`)
    .option('--expires <moment>', 'a day or moment of ISO 8601 from which on it is refused (default: never)')
    .action(async ({ account, ...options }: Options) => {
      const label = readLabel('--label', options.label, 0);
      const scopes = options.scopes === undefined ? undefined : readScopes(options.scopes);
      const expiresAt = options.expires === undefined ? undefined : readTime(options.expires, '--expires');
      const now = context.now();
      if (expiresAt !== undefined && expiresAt <= now) throw new UsageFault('--expires must lie in the future');
      const made = await withDatabase(context, async ({ connection, db }) => {
        const audit = await openAudit(context, db);
        const key = await createKeys(connection).create({
          account,
          label,
          now,
          ...(scopes && { scopes }),
          ...(expiresAt && { expiresAt }),
        });
        if (key) await auditKey(audit, 'created', key.key, { actor: CLI_ACTOR, at: now });
        return key;
      });
      if (made === null) throw new CommandFailure('no account has this id');
      context.print(made.whole);
      context.note('This is the only time the whole key is shown: only a digest of it is kept.');
    });
}

/** @throws UsageFault for a scope that a key cannot have */
function readScopes(list: string): AccountScope[] {
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !ACCOUNT_SCOPES.some((scope) => scope === name));
  if (unknown.length > 0) throw new UsageFault(`--scopes is a list of ${ACCOUNT_SCOPES.join(', ')}`);
  return ACCOUNT_SCOPES.filter((scope) => names.includes(scope));
}
