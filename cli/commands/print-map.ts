import { Command } from 'commander';
import { stringify } from 'yaml';
import { DEFAULT_DATA_MAP } from '../../src/data-map/default-map.ts';
import type { CommandContext } from '../context.ts';

/** `lethe print-map`: what to begin a map of one's own with. */
export function printMap(context: CommandContext): Command {
  return new Command('print-map').description('Print the default data map as YAML').action(() => {
    context.print(
      `# Where personal data lives. Change it, name the file in DATA_MAP, then run: lethe check-map\n${mapAsYaml()}`,
    );
  });
}

function mapAsYaml(): string {
  // A copy: the parts of the map that are the same objects would become aliases.
  return stringify(structuredClone(DEFAULT_DATA_MAP), { aliasDuplicateObjects: false }).trimEnd();
}
