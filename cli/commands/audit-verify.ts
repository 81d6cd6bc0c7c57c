import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { AUDIT, createAuditSeal } from '../../src/ledger/audit/entry.ts';
import { type KeptHeads, readKeptHeads } from '../../src/ledger/audit/outside.ts';
import { type AuditChain, type AuditFault, hasChain, verifyAudit } from '../../src/ledger/audit/verify.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { createProgress } from '../progress.ts';

interface Options {
  account?: string;
  json?: true;
}

/** `lethe audit verify`: one line a fault, one a chain with its end, and exit code 1 when there is a fault. */
export function auditVerify(context: CommandContext): Command {
  return new Command('verify')
    .description('Find entries of the audit that were changed, taken out or moved')
    .option('--account <id>', 'one account; all of them unless given')
    .option('--json', JSON_OPTION)
    .action((options: Options) => verify(context, options));
}

async function verify(context: CommandContext, options: Options): Promise<void> {
  const { account } = options;
  const json = options.json === true;
  const { LETHE_TOKEN_KEYS: ring, AUDIT_HEAD_FILE: file } = readConfigPart(context.env, [
    'LETHE_TOKEN_KEYS',
    'AUDIT_HEAD_FILE',
  ]);
  const kept = file === undefined ? undefined : await readOutside(file);
  const progress = createProgress(context, 'entries');
  const tell = (view: object, line: string) => {
    progress.clear();
    if (json) printObjects(context, [view]);
    else context.print(line);
  };
  const told = await withDatabase(context, async ({ connection, db }) => {
    // Of an id that was mistyped there is no entry, so nothing could be wrong.
    if (account !== undefined && !(await createAccounts(connection).find(account)) && !(await hasChain(db, account)))
      throw new CommandFailure('no account has this id');
    const total = account === undefined ? await db.collection(AUDIT).estimatedDocumentCount() : 0;
    const sum = { faults: 0, entries: 0, accounts: 0 };
    const watch = {
      kept,
      onRead: (read: number) => progress.onProgress({ place: 'audit', read, total }),
      onChain(chain: AuditChain) {
        sum.entries += chain.entries;
        sum.accounts += 1;
        tell(viewChain(chain), describeChain(chain));
      },
    };
    for await (const fault of verifyAudit(db, createAuditSeal(ring), account, watch)) {
      sum.faults += 1;
      tell(viewFault(fault), describeFaultOf(fault));
    }
    progress.clear();
    return sum;
  });
  if (json) printObjects(context, [{ ok: told.faults === 0, ...told }]);
  const what = `${count(told.entries, 'entry', 'entries')} of ${count(told.accounts, 'account', 'accounts')}`;
  if (told.faults > 0)
    throw new CommandFailure(`the audit is not as it was written: ${count(told.faults, 'fault', 'faults')} in ${what}`);
  context.note(`The audit is as it was written: ${what}.`);
}

function viewFault({ account, seq, through, fault }: AuditFault): object {
  return { account, sequence: seq, through, fault };
}

/** @throws CommandFailure: without the file nothing is compared with what was kept in it */
async function readOutside(file: string): Promise<KeptHeads> {
  return readKeptHeads(file).catch(() => {
    throw new CommandFailure('AUDIT_HEAD_FILE cannot be read: a worker writes it');
  });
}

function describeFaultOf({ account, seq, through, fault }: AuditFault): string {
  return `${account} ${through === undefined ? `entry ${seq}` : `entries ${seq} to ${through}`}: ${fault}`;
}

function viewChain({ account, entries, first, last, mac, at }: AuditChain): object {
  return { account, entries, from: first, to: last, head: mac, head_at: at };
}

/** Kept elsewhere, the line tells later whether the end of the chain was cut off. */
function describeChain({ account, entries, first, last, mac, at }: AuditChain): string {
  const when = at === undefined ? '' : ` of ${at.toISOString()}`;
  return `${account}: ${entries} entries, ${first} to ${last}, the last${when} with mac ${mac}`;
}

const count = (number: number, one: string, many: string) =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
