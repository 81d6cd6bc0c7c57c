import { Command, Option } from 'commander';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { ROLE_NAMES, type Role } from '../../src/ledger/accounts/scopes.ts';
import { auditPerson } from '../../src/ledger/people/audited.ts';
import { createPeople } from '../../src/ledger/people/people.ts';
import type { Coverage } from '../../src/ledger/people/rows.ts';
import { CLI_ACTOR, openAudit } from '../audit.ts';
import type { CommandContext } from '../context.ts';
import { type OpenDatabase, withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { readLabel } from '../label.ts';
import { makeTotpHere, PASSWORD_OPTION, printOnce, readEmail, readPassword } from '../people.ts';

interface Options {
  email: string;
  name?: string;
  role: Role;
  account?: string;
  agency?: string;
  allAccounts?: true;
  totp?: true;
  passwordStdin?: true;
  /** False with `--no-password`. */
  password: boolean;
}

/** `lethe user create`: a first password on standard output, once. */
export function userCreate(context: CommandContext): Command {
  return new Command('create')
    .description('Let somebody sign in to the console, and print a first password')
    .requiredOption('--email <address>', 'the address they sign in with; the audit names it')
    .option('--name <name>', 'what people call them; the address unless given')
    .addOption(
      new Option('--role <role>', 'viewer looks; clerk forgets and redacts, too; officer audits; admin does all')
        .choices(ROLE_NAMES)
        .makeOptionMandatory(),
    )
    .option('--account <id>', 'for one account')
    .option('--agency <id>', 'for an agency with its sub-accounts')
    .option('--all-accounts', 'for all accounts')
    .option('--totp', 'with one-time passwords of an app: its address is printed on a second line')
    .option('--password-stdin', PASSWORD_OPTION)
    .option('--no-password', 'for who signs in by OpenID Connect only')
    .action((options: Options) => create(context, options));
}

async function create(context: CommandContext, options: Options): Promise<void> {
  const email = readEmail(options.email);
  const name = readLabel('--name', options.name ?? email);
  const covers = coverageOf(options);
  if (!options.password && (options.passwordStdin || options.totp))
    throw new UsageFault('--no-password goes with neither --password-stdin nor --totp');
  const { password, made } = options.password
    ? await readPassword(context, options.passwordStdin === true)
    : { password: undefined, made: false };
  const totp = options.totp ? makeTotpHere(context, email) : undefined;
  await withDatabase(context, async ({ connection, db }) => {
    await assertThere(connection, covers);
    const audit = await openAudit(context, db);
    const at = context.now();
    const input = { email, name, role: options.role, covers, password, totp: totp?.sealed, now: at };
    const person = await createPeople(db).create(input);
    if (!person) throw new CommandFailure('somebody has this address already');
    await auditPerson(audit, 'person created', { actor: CLI_ACTOR, person, at });
  });
  printOnce(context, made && password !== undefined ? password : null, totp?.address);
  context.note(`${email} may sign in at /console.`);
}

/** @throws UsageFault unless exactly one is named */
function coverageOf({ account, agency, allAccounts }: Options): Coverage {
  const named: Coverage[] = [];
  if (account !== undefined) named.push({ kind: 'account', id: account });
  if (agency !== undefined) named.push({ kind: 'agency', id: agency });
  if (allAccounts) named.push({ kind: 'all' });
  const [covers] = named;
  if (!covers || named.length > 1) throw new UsageFault('give one of --account, --agency and --all-accounts');
  return covers;
}

async function assertThere(connection: OpenDatabase['connection'], covers: Coverage): Promise<void> {
  if (covers.kind === 'all') return;
  const account = await createAccounts(connection).find(covers.id);
  if (!account) throw new CommandFailure('no account has this id');
  if (covers.kind === 'agency' && account.agency_id !== undefined)
    throw new UsageFault('--agency is a sub-account: it has no sub-accounts');
}
