import { UNREADABLE_TYPES } from '../../engine/bson-types.ts';
import { readPath } from '../../engine/map/paths.ts';
import type { Profile } from '../../engine/map/profile.ts';
import type { NumberPlace } from '../../engine/map/schema.ts';
import { isLeftBehind, isLeftBy } from '../../engine/map/strategies.ts';
import { isDigest, withoutTemplate } from '../../engine/map/templates.ts';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import { FEWEST_DIGITS } from '../../phone/interpret.ts';
import type { NumberReader } from '../../phone/reader.ts';
import { followPath } from '../collections/follow.ts';
import type { EntryView } from '../map-view.ts';
import { shapeOf, templateOf } from '../numbers/shape.ts';
import type { Finding, Tally } from './findings.ts';
import { isWholeText } from './indexes.ts';
import { absent, type Part } from './parts.ts';

/**
 * The kind of a value in a number field:
 * - `found`: a look-up finds it
 * - `blank`: empty, or what an erasure leaves
 * - `doubtful`: could be two people's number
 * - `odd`: a number in a writing no look-up has, or seven digits and more that nobody can read
 * - `unlike`: too few digits to be a number: a short code, a sender's name
 */
type Kind = 'found' | 'blank' | 'doubtful' | 'odd' | 'unlike';

const MOST_SHAPES = 3;
/** Writings of digits alone are looked for whatever they are; of others the list is asked. */
const PLAIN = /^\+?\d+$/;

/** Says of a value in a number field what a look-up makes of it. */
function sortValue(stored: unknown, { templates }: NumberPlace, profile: Profile, reader: NumberReader): Kind {
  const whole = String(stored);
  if (whole.trim() === '' || isLeftBehind(whole) || isLeftBy(profile.fields.number, whole)) return 'blank';
  // What the map says stands around numbers is looked for with them.
  if (isDigest(whole, templates)) return 'found';
  const value = typeof stored === 'string' ? withoutTemplate(stored, templates) : stored;
  const text = String(value);
  const reading = reader.read(value);
  if (reading.kind === 'ambiguous') return 'doubtful';
  if (reading.kind === 'number') {
    if (typeof value !== 'string' || PLAIN.test(text)) return 'found';
    return reader.writings(reading.number).strings.includes(text) ? 'found' : 'odd';
  }
  return text.replace(/\D/g, '').length >= FEWEST_DIGITS ? 'odd' : 'unlike';
}

/** Looks at one path where the map says a number stands. */
export function lookAtNumber(
  view: EntryView,
  place: NumberPlace,
  { profile, reader }: { readonly profile: Profile; readonly reader: NumberReader },
  tally: Tally,
): Part {
  const text = place.path;
  const where = `${view.collection}.${text}`;
  const path = readPath(text);
  const shapes = new Set(view.numbers.map((one) => one.path));
  /** Is there another place of the map, for records in which this shape stands? */
  const isMapped = (more: string) => [...shapes].some((one) => one !== text && one.startsWith(more));
  const unreadable = new Set<string>(UNREADABLE_TYPES);
  const kinds: Record<Kind, number> = { found: 0, blank: 0, doubtful: 0, odd: 0, unlike: 0 };
  const written = new Map<string, number>();
  const templates = new Set<string>();
  const noteShape = (value: unknown) => {
    const reading = reader.read(value);
    const shape = shapeOf(value, reading.kind === 'number' ? reading.number : null);
    if (written.has(shape) || written.size < 100) written.set(shape, (written.get(shape) ?? 0) + 1);
    const template = templateOf(String(value));
    if (template !== null) templates.add(template);
  };
  const part: Part = {
    values: 0,
    record(record) {
      followPath(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing') return;
          part.values += 1;
          if (type === 'null') kinds.blank += 1;
          else if (type === 'array' && isMapped(`${text}[]`)) return;
          else if (type === 'object' && isMapped(`${text}.`)) return;
          else if (type === 'array') tally.note('error', where, `holds an array: the map must say ${text}[]`);
          else if (type === 'string' || type === 'number') {
            const kind = sortValue(value, place, profile, reader);
            kinds[kind] += 1;
            if (kind === 'odd' || kind === 'doubtful') tally.keep(`${where}\0${kind}`);
            if (kind === 'odd') noteShape(value);
          } else if (!isWholeText(view.entry, text))
            tally.note(
              'error',
              where,
              `holds ${type}, in which no number can be erased${unreadable.has(type) ? ': requests of its account fail' : ''}`,
            );
        },
        closed(closed, value, wanted) {
          const type = bsonTypeOf(value);
          if (shapes.has(closed) || isMapped(`${closed}[]`)) return;
          if (wanted === 'object' && type === 'array')
            tally.note('error', where, `${closed} is an array: the map must say ${closed}[]`);
          else if (wanted === 'array' && type !== 'null')
            tally.note('error', where, `${closed} holds ${type}, where the map wants an array`);
        },
      });
    },
    findings(seen) {
      const findings: Finding[] = [];
      const { found, doubtful, odd, unlike } = kinds;
      const share = (count: number) => `${count} of ${part.values} values`;
      if (part.values === 0 && seen > 0) findings.push(absent(where, seen));
      if (isWholeText(view.entry, text)) return findings;
      if (odd > 0) {
        const most = [...written].sort(([, one], [, other]) => other - one).slice(0, MOST_SHAPES);
        const forms = templates.size > 0 ? `; the map may say forms: [ ${[...templates].join(', ')} ]` : '';
        findings.push({
          severity: odd > found + doubtful ? 'error' : 'warning',
          where,
          message: `${share(odd)} are in no form that is looked up: ${most.map(([shape]) => shape).join(', ')}${forms}`,
          ids: tally.kept(`${where}\0odd`),
        });
      }
      if (doubtful > 0)
        findings.push({
          severity: doubtful > found + odd ? 'error' : 'warning',
          where,
          message: `${share(doubtful)} could be two people's numbers: such a record is changed for neither`,
          ids: tally.kept(`${where}\0doubtful`),
        });
      if (unlike > 0 && unlike > found + doubtful + odd)
        findings.push({
          severity: found === 0 ? 'error' : 'warning',
          where,
          message: `${share(unlike)} are no numbers: is the path right?`,
        });
      return findings;
    },
  };
  return part;
}
