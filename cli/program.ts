import { Command } from 'commander';
import { readVersion } from '../src/lib/version.ts';
import { LETHE } from './command-line.ts';
import type { CommandContext } from './context.ts';
import { describeFault, EXIT } from './faults.ts';

const VERSION = '--version';

/**
 * Every command of `lethe`, in the order of its help. The modules of a command are loaded when it may be meant: those of all
 * take most of a second.
 */
const COMMANDS: Readonly<Record<string, (context: CommandContext) => Promise<Command>>> = {
  api: async (context) => (await import('./commands/api.ts')).api(context),
  worker: async (context) => (await import('./commands/worker.ts')).worker(context),
  status: async (context) => (await import('./commands/status.ts')).status(context),
  forget: async (context) => (await import('./commands/forget.ts')).forgetCommand(context),
  account: async (context) =>
    group('account', 'Accounts: the owners of records and keys', [
      (await import('./commands/account-create.ts')).accountCreate(context),
      (await import('./commands/account-list.ts')).accountList(context),
      (await import('./commands/account-show.ts')).accountShow(context),
      (await import('./commands/account-set.ts')).accountSet(context),
      (await import('./commands/account-rename.ts')).accountRename(context),
      (await import('./commands/account-disable.ts')).accountDisable(context),
      (await import('./commands/account-disable.ts')).accountEnable(context),
    ]),
  key: async (context) =>
    group('key', 'API keys of an account', [
      (await import('./commands/key-create.ts')).keyCreate(context),
      (await import('./commands/key-list.ts')).keyList(context),
      (await import('./commands/key-revoke.ts')).keyRevoke(context),
    ]),
  user: async (context) =>
    group('user', 'People who may sign in to the console', [
      (await import('./commands/user-create.ts')).userCreate(context),
      (await import('./commands/user-list.ts')).userList(context),
      (await import('./commands/user-disable.ts')).userDisable(context),
      (await import('./commands/user-reset.ts')).userReset(context),
    ]),
  keys: async (context) =>
    group('keys', 'Secret keys of this installation', [
      (await import('./commands/keys-generate.ts')).keysGenerate(context),
      (await import('./commands/keys-rotate.ts')).keysRotate(context),
    ]),
  request: async (context) =>
    group('request', 'Erasure requests', [
      (await import('./commands/request-list.ts')).requestList(context),
      (await import('./commands/request-show.ts')).requestShow(context),
      (await import('./commands/request-retry.ts')).requestRetry(context),
      (await import('./commands/request-cancel.ts')).requestCancel(context),
    ]),
  receipt: async (context) =>
    group('receipt', 'Signed proof of completed erasures', [
      (await import('./commands/receipt-show.ts')).receiptShow(context),
      (await import('./commands/receipt-verify.ts')).receiptVerify(context),
    ]),
  webhook: async (context) =>
    group(
      'webhook',
      'Places that are told what happens to requests',
      (await import('./commands/webhook.ts')).webhookCommands(context),
    ),
  retention: async (context) =>
    group('retention', 'Deleting records by their age', [
      (await import('./commands/retention-preview.ts')).retentionPreview(context),
    ]),
  report: async (context) =>
    group('report', 'Reports for those who answer for the data', [
      (await import('./commands/report-month.ts')).reportMonthCommand(context),
      (await import('./commands/report-processing.ts')).reportProcessing(context),
    ]),
  audit: async (context) =>
    group('audit', 'The record of every act', [
      (await import('./commands/audit-list.ts')).auditList(context),
      (await import('./commands/audit-list.ts')).auditExport(context),
      (await import('./commands/audit-verify.ts')).auditVerify(context),
    ]),
  reconcile: async (context) => (await import('./commands/reconcile.ts')).reconcile(context),
  'check-map': async (context) => (await import('./commands/check-map.ts')).checkMap(context),
  find: async (context) => (await import('./commands/find.ts')).find(context),
  discover: async (context) => (await import('./commands/discover.ts')).discover(context),
  drill: async (context) => (await import('./commands/drill.ts')).drill(context),
  'print-map': async (context) => (await import('./commands/print-map.ts')).printMap(context),
  demo: async (context) => (await import('./commands/demo.ts')).demo(context),
};

function group(name: string, description: string, commands: readonly Command[]): Command {
  const parent = new Command(name).description(description);
  for (const command of commands) parent.addCommand(command);
  return parent;
}

/**
 * The program with the command that is named first, or with all where none is: help and suggestions are made of them.
 * Commander throws instead of ending the process.
 */
async function createProgram(first: string | undefined, context: CommandContext): Promise<Command> {
  const program = new Command(LETHE)
    .version(readVersion(), VERSION, 'print the version')
    .description("Erases a phone number from an SMS platform's MongoDB, and says so only when it is true.");
  const all = Object.entries(COMMANDS);
  const named = all.filter(([name]) => name === first);
  if (first !== VERSION) for (const [, make] of named.length > 0 ? named : all) program.addCommand(await make(context));
  redirect(program, context);
  return program;
}

/** Has Commander throw and print through the context. Sub-commands added whole inherit no settings: each is set up. */
function redirect(command: Command, context: CommandContext): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => context.print(text.trimEnd()),
    writeErr: (text) => context.note(text.trimEnd()),
    outputError: (text, write) => write(text.replace(/^error: /, 'lethe: ')),
  });
  for (const child of command.commands) redirect(child, context);
}

/**
 * Runs one command line.
 * @param args without the program and the script: `['key', 'list', '--account', 'acc_…']`
 * @returns the exit code: 0 fine, 1 failed, 2 wrong usage
 */
export async function runCommand(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    const program = await createProgram(args[0], context);
    await program.parseAsync([...args], { from: 'user' });
    return EXIT.fine;
  } catch (error) {
    const fault = await describeFault(error);
    for (const line of fault.lines) context.note(`lethe: ${line}`);
    return fault.code;
  }
}
