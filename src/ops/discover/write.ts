import { Document, isCollection, isMap, isPair, isSeq, visit } from 'yaml';
import { redactDigitRuns } from '../../phone/scan.ts';
import type { Proposal } from './propose.ts';

const HEAD = [
  'Proposed by lethe discover from a sample: look at each line before it is used.',
  'A contact is deleted by an erasure, everything else is kept and masked. Check it with lethe check-map.',
];
const WIDTH = 120;

/** The proposal as a file: YAML, with what was seen as comments. */
export function writeProposal({ map, remarks, general }: Proposal): string {
  const document = new Document(map, { aliasDuplicateObjects: false });
  visit(document, {
    Collection(_key, node) {
      if (node.items.every((item) => !isCollection(isPair(item) ? item.value : item))) node.flow = true;
    },
  });
  const entries = document.get('collections');
  if (isSeq(entries)) {
    entries.flow = false;
    map.collections.forEach(({ collection }, index) => {
      const node = entries.items[index];
      if (!isMap(node)) return;
      node.flow = false;
      const lines = remarks.get(collection) ?? [];
      if (lines.length > 0) node.commentBefore = asComment(lines);
    });
  }
  document.commentBefore = asComment([...HEAD, ...new Set(general)]);
  return document.toString({ lineWidth: WIDTH, flowCollectionPadding: true });
}

/** Names of fields may hold anything, and a line break would end the comment. */
const asComment = (lines: readonly string[]) =>
  lines.map((line) => ` ${redactDigitRuns(line.replace(/[\r\n]+/g, ' '))}`).join('\n');
