import { Command } from 'commander';
import { Document, isCollection, isPair, visit } from 'yaml';
import { DEFAULT_DATA_MAP } from '../../src/engine/map/default-map.ts';
import { mapAsJsonSchema } from '../../src/engine/map/json-schema.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';

/** `lethe print-map`: what to begin a map of one's own with. */
export function printMap(context: CommandContext): Command {
  return new Command('print-map')
    .description('Print the default data map as YAML')
    .option('--schema', 'print the JSON Schema of maps instead, for editors')
    .action((options: { schema?: boolean }) => print(context, options));
}

function print(context: CommandContext, { schema = false }: { schema?: boolean }): void {
  if (schema) context.print(JSON.stringify(mapAsJsonSchema(), null, 2));
  else {
    context.print(`# Where personal data lives. Change it, name the file in DATA_MAP, then run: ${LETHE} check-map`);
    context.print(mapAsYaml());
  }
}

/** One line for each field: what holds plain values only is written as `{ path: to, category: body }`. */
function mapAsYaml(): string {
  const document = new Document(DEFAULT_DATA_MAP, { aliasDuplicateObjects: false });
  visit(document, {
    Collection(_key, node) {
      if (node.items.every((item) => !isCollection(isPair(item) ? item.value : item))) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 120, flowCollectionPadding: true }).trimEnd();
}
