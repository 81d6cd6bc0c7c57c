import { Command, Option } from 'commander';
import { auditPerson } from '../../src/ledger/people/audited.ts';
import { createPeople } from '../../src/ledger/people/people.ts';
import { CLI_ACTOR, openAudit } from '../audit.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { makeTotpHere, PASSWORD_OPTION, printOnce, readPassword, readPersonId } from '../people.ts';

interface Options {
  totp?: 'on' | 'off';
  passwordStdin?: true;
}

/** `lethe user reset PERSON`: another password, for who has lost it, is locked out or disabled. */
export function userReset(context: CommandContext): Command {
  return new Command('reset')
    .description('Give somebody another password and let them in again: disabled or locked out they are no more')
    .argument('<person>', 'the address, or the id')
    .addOption(
      new Option('--totp <switch>', 'on: a new secret for the app; off: without one-time passwords').choices([
        'on',
        'off',
      ]),
    )
    .option('--password-stdin', PASSWORD_OPTION)
    .action(async (given: string, options: Options) => {
      const { password, made } = await readPassword(context, options.passwordStdin === true);
      const address = await withDatabase(context, async ({ db }) => {
        const audit = await openAudit(context, db);
        const people = createPeople(db);
        const person = await people.find(readPersonId(given));
        if (!person) throw new CommandFailure('nobody has this address or id');
        const totp = options.totp === 'on' ? makeTotpHere(context, person.email) : undefined;
        await people.reset(person._id, password, options.totp === 'off' ? null : totp?.sealed);
        await auditPerson(audit, 'person reset', { actor: CLI_ACTOR, person, at: context.now() });
        return totp?.address;
      });
      printOnce(context, made ? password : null, address);
      context.note('Reset, and signed out everywhere.');
    });
}
