import { Command } from 'commander';
import { createPeople } from '../../src/ledger/people/people.ts';
import type { Person } from '../../src/ledger/people/rows.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { formatTable, formatTime } from '../table.ts';

/** `lethe user list` */
export function userList(context: CommandContext): Command {
  return new Command('list').description('List who may sign in to the console').action(async () => {
    const people = await withDatabase(context, ({ db }) => createPeople(db).list());
    if (people.length === 0) {
      context.note(`Nobody yet. Let somebody in with: ${LETHE} user create`);
      return;
    }
    const rows = people.map((person) => [
      person.email,
      person.role,
      person.covers.kind === 'all' ? 'all' : `${person.covers.kind} ${person.covers.id}`,
      stateOf(person, context.now()),
      person.totp === undefined ? '' : 'yes',
      formatTime(person.last_sign_in_at),
      person.name,
    ]);
    for (const line of formatTable(['EMAIL', 'ROLE', 'FOR', 'STATE', 'TOTP', 'LAST SIGN-IN', 'NAME'], rows))
      context.print(line);
  });
}

function stateOf({ disabled_at, locked_until }: Person, now: Date): string {
  if (disabled_at !== undefined) return 'disabled';
  return locked_until !== undefined && locked_until > now ? 'locked' : 'active';
}
