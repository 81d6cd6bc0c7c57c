import { valueAt } from '../../engine/map/paths.ts';
import type { JoinedPlace } from '../../engine/map/schema.ts';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import { FEWEST_DIGITS } from '../../phone/interpret.ts';
import { partText } from '../../phone/parts.ts';
import type { NumberReader } from '../../phone/reader.ts';
import type { EntryView } from '../map-view.ts';
import type { Finding, Tally } from './findings.ts';
import type { Part } from './parts.ts';

const READABLE = ['missing', 'null', 'string', 'number'];

/** Looks at fields of which the map says that they hold a number together. */
export function lookAtJoined(view: EntryView, { parts, code }: JoinedPlace, reader: NumberReader, tally: Tally): Part {
  const where = `${view.collection}.${parts.join('+')}`;
  let [read, doubtful, odd] = [0, 0, 0];
  return {
    values: 0,
    record(record) {
      const values = parts.map((path) => valueAt(record, path));
      for (const [index, value] of values.entries())
        if (!READABLE.includes(bsonTypeOf(value)))
          tally.note('error', where, `${parts[index]} holds ${bsonTypeOf(value)}: requests of its account fail`);
      const digits = values.map(partText).join('').replace(/\D/g, '');
      // Too few make no number, and an erasure leaves two.
      if (digits.length < FEWEST_DIGITS) return;
      const { kind } = reader.readParts(values, code);
      if (kind === 'number') read += 1;
      else if (kind === 'ambiguous') doubtful += 1;
      else odd += 1;
      if (kind !== 'number') tally.keep(`${where}\0${kind}`);
    },
    findings() {
      const all = read + doubtful + odd;
      const finding = (count: number, kind: string, message: string): Finding[] => {
        if (count === 0) return [];
        const severity = count > all - count ? 'error' : 'warning';
        return [
          { severity, where, message: `${count} of ${all} records ${message}`, ids: tally.kept(`${where}\0${kind}`) },
        ];
      };
      return [
        ...finding(
          odd,
          'none',
          'hold no number in these fields together: are they in the order in which they are dialled?',
        ),
        ...finding(
          doubtful,
          'ambiguous',
          "could hold two people's numbers: such a record is changed for neither; code: may tell",
        ),
      ];
    },
  };
}
