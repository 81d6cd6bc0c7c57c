import type { CommandContext } from './context.ts';

/** What `--json` says everywhere: no array, so that a script reads a long list as it comes. */
export const JSON_OPTION = 'one JSON object a line';

/** Prints objects for scripts: times are ISO 8601 in UTC, what is not there is left out. */
export function printObjects({ print }: Pick<CommandContext, 'print'>, objects: Iterable<object>): void {
  for (const object of objects) print(JSON.stringify(object));
}
