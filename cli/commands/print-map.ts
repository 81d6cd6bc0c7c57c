import { Command } from 'commander';
import { Document, isCollection, isPair, visit } from 'yaml';
import { DEFAULT_DATA_MAP } from '../../src/engine/map/default-map.ts';
<<<<<<< HEAD
import { LETHE } from '../command-line.ts';
=======
import { mapAsJsonSchema } from '../../src/engine/map/json-schema.ts';
>>>>>>> 1495e49 (Data map version 2 and one normal form: owner, where, value maps, templates and shape-preserving changes in every query)
import type { CommandContext } from '../context.ts';

/** `lethe print-map`: what to begin a map of one's own with. */
export function printMap(context: CommandContext): Command {
<<<<<<< HEAD
  return new Command('print-map').description('Print the default data map as YAML').action(() => {
    context.print(`# Where personal data lives. Change it, name the file in DATA_MAP, then run: ${LETHE} check-map`);
=======
  return new Command('print-map')
    .description('Print the default data map as YAML')
    .option('--schema', 'print the JSON Schema of maps instead, for editors')
    .action((options: { schema?: boolean }) => print(context, options));
}

function print(context: CommandContext, { schema = false }: { schema?: boolean }): void {
  if (schema) context.print(JSON.stringify(mapAsJsonSchema(), null, 2));
  else {
    context.print('# Where personal data lives. Change it, name the file in DATA_MAP, then run: lethe check-map');
>>>>>>> 1495e49 (Data map version 2 and one normal form: owner, where, value maps, templates and shape-preserving changes in every query)
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
