import { Command } from 'commander';
import { readVersion } from '../src/lib/version.ts';
import { LETHE } from './command-line.ts';
import { accountCreate } from './commands/account-create.ts';
import { accountDisable, accountEnable } from './commands/account-disable.ts';
import { accountList } from './commands/account-list.ts';
import { accountRename } from './commands/account-rename.ts';
import { accountSet } from './commands/account-set.ts';
import { accountShow } from './commands/account-show.ts';
import { api } from './commands/api.ts';
import { auditExport, auditList } from './commands/audit-list.ts';
import { auditVerify } from './commands/audit-verify.ts';
import { checkMap } from './commands/check-map.ts';
import { demo } from './commands/demo.ts';
import { discover } from './commands/discover.ts';
import { drill } from './commands/drill.ts';
import { find } from './commands/find.ts';
import { forgetCommand } from './commands/forget.ts';
import { keyCreate } from './commands/key-create.ts';
import { keyList } from './commands/key-list.ts';
import { keyRevoke } from './commands/key-revoke.ts';
import { keysGenerate } from './commands/keys-generate.ts';
import { keysRotate } from './commands/keys-rotate.ts';
import { printMap } from './commands/print-map.ts';
import { receiptShow } from './commands/receipt-show.ts';
import { receiptVerify } from './commands/receipt-verify.ts';
import { reconcile } from './commands/reconcile.ts';
import { reportMonthCommand } from './commands/report-month.ts';
import { reportProcessing } from './commands/report-processing.ts';
import { requestCancel } from './commands/request-cancel.ts';
import { requestList } from './commands/request-list.ts';
import { requestRetry } from './commands/request-retry.ts';
import { requestShow } from './commands/request-show.ts';
import { retentionPreview } from './commands/retention-preview.ts';
import { status } from './commands/status.ts';
import { userCreate } from './commands/user-create.ts';
import { userDisable } from './commands/user-disable.ts';
import { userList } from './commands/user-list.ts';
import { userReset } from './commands/user-reset.ts';
import { webhookCommands } from './commands/webhook.ts';
import { worker } from './commands/worker.ts';
import type { CommandContext } from './context.ts';
import { describeFault, EXIT } from './faults.ts';

/** Every command of `lethe`. Commander throws instead of ending the process. */
function createProgram(context: CommandContext): Command {
  const group = (name: string, description: string, commands: Command[]) => {
    const parent = new Command(name).description(description);
    for (const command of commands) parent.addCommand(command);
    return parent;
  };
  const program = new Command(LETHE)
    .version(readVersion(), '--version', 'print the version')
    .description("Erases a phone number from an SMS platform's MongoDB, and says so only when it is true.")
    .addCommand(api(context))
    .addCommand(worker(context))
    .addCommand(status(context))
    .addCommand(forgetCommand(context))
    .addCommand(
      group('account', 'Accounts: the owners of records and keys', [
        accountCreate(context),
        accountList(context),
        accountShow(context),
        accountSet(context),
        accountRename(context),
        accountDisable(context),
        accountEnable(context),
      ]),
    )
    .addCommand(group('key', 'API keys of an account', [keyCreate(context), keyList(context), keyRevoke(context)]))
    .addCommand(
      group('user', 'People who may sign in to the console', [
        userCreate(context),
        userList(context),
        userDisable(context),
        userReset(context),
      ]),
    )
    .addCommand(group('keys', 'Secret keys of this installation', [keysGenerate(context), keysRotate(context)]))
    .addCommand(
      group('request', 'Erasure requests', [
        requestList(context),
        requestShow(context),
        requestRetry(context),
        requestCancel(context),
      ]),
    )
    .addCommand(group('receipt', 'Signed proof of completed erasures', [receiptShow(context), receiptVerify(context)]))
    .addCommand(group('webhook', 'Places that are told what happens to requests', webhookCommands(context)))
    .addCommand(group('retention', 'Deleting records by their age', [retentionPreview(context)]))
    .addCommand(
      group('report', 'Reports for those who answer for the data', [
        reportMonthCommand(context),
        reportProcessing(context),
      ]),
    )
    .addCommand(
      group('audit', 'The record of every act', [auditList(context), auditExport(context), auditVerify(context)]),
    )
    .addCommand(reconcile(context))
    .addCommand(checkMap(context))
    .addCommand(find(context))
    .addCommand(discover(context))
    .addCommand(drill(context))
    .addCommand(printMap(context))
    .addCommand(demo(context));
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
    await createProgram(context).parseAsync([...args], { from: 'user' });
    return EXIT.fine;
  } catch (error) {
    const fault = describeFault(error);
    for (const line of fault.lines) context.note(`lethe: ${line}`);
    return fault.code;
  }
}
