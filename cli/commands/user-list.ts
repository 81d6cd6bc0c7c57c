import { Command } from 'commander';
import { createPeople } from '../../src/ledger/people/people.ts';
import type { Person } from '../../src/ledger/people/rows.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { formatTime, printTable } from '../table.ts';

/** `lethe user list` */
export function userList(context: CommandContext): Command {
  return new Command('list')
    .description('List who may sign in to the console')
    .option('--json', JSON_OPTION)
    .action((options: { json?: true }) => list(context, options));
}

async function list(context: CommandContext, options: { json?: true }): Promise<void> {
  const people = await withDatabase(context, ({ db }) => createPeople(db).list());
  const views = people.map((person) => ({
    email: person.email,
    role: person.role,
    for: person.covers.kind === 'all' ? 'all' : `${person.covers.kind} ${person.covers.id}`,
    state: stateOf(person, context.now()),
    totp: person.totp !== undefined,
    last_sign_in_at: person.last_sign_in_at,
    name: person.name,
  }));
  if (options.json) printObjects(context, views);
  else if (views.length === 0) context.note(`Nobody yet. Let somebody in with: ${LETHE} user create`);
  else
    printTable(
      context,
      ['EMAIL', 'ROLE', 'FOR', 'STATE', 'TOTP', 'LAST SIGN-IN', 'NAME'],
      views.map((view) => [
        ...[view.email, view.role, view.for, view.state, view.totp ? 'yes' : ''],
        formatTime(view.last_sign_in_at),
        view.name,
      ]),
    );
}

function stateOf({ disabled_at, locked_until }: Person, now: Date): string {
  if (disabled_at !== undefined) return 'disabled';
  return locked_until !== undefined && locked_until > now ? 'locked' : 'active';
}
