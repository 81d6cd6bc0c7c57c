import { UNREADABLE_TYPES } from '../../engine/bson-types.ts';
import { readPath, throughArray } from '../../engine/map/paths.ts';
import type { Profile } from '../../engine/map/profile.ts';
import type { CollectionMap, DirectionField, NumberPlace, Owner, TimeField } from '../../engine/map/schema.ts';
import { isLeftBy } from '../../engine/map/strategies.ts';
import { withoutTemplate } from '../../engine/map/templates.ts';
import { momentOf } from '../../engine/moment.ts';
import { isOneOf } from '../../engine/owner.ts';
import { type FormKind, sortStoredForm } from '../../engine/stored-form.ts';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import type { Finding, Tally } from './findings.ts';
import { walk } from './walk.ts';

export interface PartOptions {
  readonly prefixes: readonly string[];
  readonly profile: Profile;
  /** The types of account values that Lethe's accounts know; empty without accounts. */
  readonly accountTypes: ReadonlySet<string>;
}

const ACCOUNT_TYPES = new Set(['string', 'number', 'objectId', 'binData']);
const EXPECTED = { string: ['string'], list: ['array'], object: ['object'], number: ['number'] } as const;

/** Checker of one path. */
export interface Part {
  values: number;
  record(record: unknown): void;
  findings(sampled: number): Finding[];
}

export function lookAtAccount(
  entry: CollectionMap,
  owner: Extract<Owner, { kind: 'field' }>,
  options: PartOptions,
  tally: Tally,
): Part {
  const where = `${entry.collection}.${owner.path}`;
  const path = readPath(owner.path);
  // An entry that names its types is searched in all of them, whichever Lethe's accounts have.
  const accountTypes = owner.types ? ACCOUNT_TYPES : options.accountTypes;
  const known = [...accountTypes].join(' or ');
  let present = 0;
  let matching = 0;
  return {
    values: 0,
    record(record) {
      walk(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing' || type === 'null')
            return tally.note('warning', where, 'no account: no erasure finds such a record');
          present += 1;
          if (!ACCOUNT_TYPES.has(type)) return tally.note('error', where, `holds ${type}, which no account can have`);
          if (accountTypes.has(type)) matching += 1;
          else if (accountTypes.size > 0)
            tally.note('warning', where, `holds ${type}, and Lethe's accounts know ${known} only (--records-id-type)`);
        },
        closed: (place, value, wanted) =>
          tally.note('error', where, `${place} holds ${bsonTypeOf(value)}, where the map wants an ${wanted}`),
      });
    },
    findings() {
      if (present === 0) return [{ severity: 'error', where, message: 'no record looked at has this field' }];
      if (accountTypes.size > 0 && matching === 0)
        return [
          { severity: 'error', where, message: `no record looked at has an account of a type Lethe knows: ${known}` },
        ];
      return [];
    },
  };
}

export function lookAtNumber(entry: CollectionMap, place: NumberPlace, options: PartOptions, tally: Tally): Part {
  const text = place.path;
  const shapes = new Set(entry.numbers.map((one) => one.path));
  const isShape = (more: string) => [...shapes].some((one) => one !== text && one.startsWith(more));
  const where = `${entry.collection}.${text}`;
  const path = readPath(text);
  const unreadable = new Set<string>(UNREADABLE_TYPES);
  const kinds: Record<FormKind, number> = { found: 0, blank: 0, likely: 0, unlike: 0 };
  const kindOf = (value: unknown): FormKind =>
    isLeftBy(options.profile.fields.number, String(value))
      ? 'blank'
      : sortStoredForm(typeof value === 'string' ? withoutTemplate(value, place.templates) : value, options.prefixes);
  let empty = 0;
  const part: Part = {
    values: 0,
    record(record) {
      const before = part.values;
      walk(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing') return;
          part.values += 1;
          if (type === 'null') kinds.blank += 1;
          else if (type === 'array' && isShape(`${text}[]`)) return;
          else if (type === 'object' && isShape(`${text}.`)) return;
          else if (type === 'array') tally.note('error', where, `holds an array: the map must say ${text}[]`);
          else if (type === 'string' || type === 'number') kinds[kindOf(value)] += 1;
          else
            tally.note(
              'error',
              where,
              `holds ${type}, in which no number can be erased${unreadable.has(type) ? ': requests of its account fail' : ''}`,
            );
        },
        closed(place, value, wanted) {
          const type = bsonTypeOf(value);
          // Another place of the map has this shape.
          if (shapes.has(place) || isShape(`${place}[]`) || (wanted === 'array' && shapes.has(place))) return;
          if (wanted === 'object' && type === 'array')
            tally.note('error', where, `${place} is an array: the map must say ${place}[]`);
          else if (wanted === 'array' && type !== 'null')
            tally.note('error', where, `${place} holds ${type}, where the map wants an array`);
        },
      });
      if (part.values === before) empty += 1;
    },
    findings(sampled) {
      const findings: Finding[] = [];
      const odd = kinds.likely + kinds.unlike;
      if (empty === sampled) findings.push(absent(where, sampled));
      if (odd > 0)
        findings.push({
          severity: 'warning',
          where,
          message: `${odd} of ${part.values} values are in no form that is searched for, ${kinds.likely} of them with seven digits or more: an erasure does not find them`,
        });
      return findings;
    },
  };
  return part;
}

export function lookAtField(
  entry: CollectionMap,
  field: CollectionMap['fields'][number],
  { profile }: PartOptions,
  tally: Tally,
): Part {
  const where = `${entry.collection}.${field.path}`;
  const path = readPath(field.path);
  const expected: readonly string[] | undefined = field.type === 'any' ? undefined : EXPECTED[field.type];
  const deleted = profile.records[entry.record] === 'delete';
  let present = 0;
  return {
    values: 0,
    record(record) {
      walk(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing') return;
          present += 1;
          if (type !== 'null' && expected !== undefined && !expected.includes(type))
            tally.note('warning', where, `holds ${type}, where the map says type: ${field.type}`);
        },
        closed(place, value, wanted) {
          // A record that is deleted is not written into.
          if (throughArray(path) && wanted === 'array') return;
          const found = `${place} holds ${bsonTypeOf(value)}, where the map wants an ${wanted}`;
          tally.note(deleted ? 'warning' : 'error', where, deleted ? found : `${found}: the record cannot be changed`);
        },
      });
    },
    findings: (sampled) => (present === 0 ? [absent(where, sampled)] : []),
  };
}

export function lookAtScheduled(
  entry: CollectionMap,
  pending: NonNullable<CollectionMap['pending']>,
  tally: Tally,
): Part {
  const where = `${entry.collection}.${pending.path}`;
  const at = `${entry.collection}.${pending.at}`;
  const [path, time] = [readPath(pending.path), readPath(pending.at)];
  let present = 0;
  return {
    values: 0,
    record(record) {
      let isScheduled = false;
      walk(record, path, {
        value(value) {
          if (value !== undefined) present += 1;
          isScheduled = pending.values.some((one) => one === value);
        },
        closed: (place, value) => tally.note('error', where, `${place} holds ${bsonTypeOf(value)}, no object`),
      });
      if (!isScheduled) return;
      walk(record, time, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type !== 'date')
            tally.note('warning', at, `${type === 'missing' ? 'nothing' : type} in a pending record, no date`);
        },
        closed: (place, value) => tally.note('warning', at, `${place} holds ${bsonTypeOf(value)}, no object`),
      });
    },
    findings: () =>
      present === 0
        ? [
            {
              severity: 'error',
              where,
              message: 'no record looked at has this field: pending records would be erased before they are acted on',
            },
          ]
        : [],
  };
}

/** The time field, which selections by age compare. */
export function lookAtTime(entry: CollectionMap, at: TimeField, tally: Tally): Part {
  const where = `${entry.collection}.${at.path}`;
  let undated = 0;
  const part = lookAtPlain(
    where,
    at.path,
    tally,
    (type, value) =>
      isTime(at, type, value)
        ? undefined
        : ['error', `holds ${type}, no ${TIMES[at.unit]}: erasures by age fail on its account`],
    () => {
      undated += 1;
    },
  );
  return {
    ...part,
    findings(sampled) {
      if (undated === 0 || undated === sampled) return part.findings(sampled);
      const message = `${undated} of ${sampled} records have none: age never makes them due, and they are in no log or report`;
      return [{ severity: 'warning', where, message }];
    },
  };
}

const TIMES = { date: 'date', s: 'number of seconds', ms: 'number of milliseconds', text: 'text in ISO 8601' } as const;

/** Is it a time of the very kind the map says? A date beside numbers would be out of every comparison. */
function isTime(at: TimeField, type: string, value: unknown): boolean {
  const wanted = at.unit === 'date' ? 'date' : at.unit === 'text' ? 'string' : 'number';
  return type === wanted && momentOf({ path: 'at', unit: at.unit }, { at: value }) !== null;
}

/** The mark of a redacted record: whatever else stands there, the record counts as redacted. */
export function lookAtMark(entry: CollectionMap, redacted: string, tally: Tally): Part {
  const where = `${entry.collection}.${redacted}`;
  const part = lookAtPlain(where, redacted, tally, (type) =>
    type === 'date' ? undefined : ['error', `holds ${type}, no date: such a record is taken for redacted`],
  );
  // No record has the mark before the first redaction: that is no fault.
  return { ...part, findings: () => [] };
}

export function lookAtId(entry: CollectionMap, id: string, tally: Tally): Part {
  return lookAtPlain(`${entry.collection}.${id}`, id, tally, () => undefined);
}

export function lookAtDirection(entry: CollectionMap, direction: DirectionField, tally: Tally): Part {
  const { path, outbound, inbound } = direction;
  const known = [...outbound, ...inbound];
  return lookAtPlain(`${entry.collection}.${path}`, path, tally, (_type, value) =>
    isOneOf(known, value)
      ? undefined
      : ['warning', `holds neither ${known.join(' nor ')}: a request for either direction finds such a record`],
  );
}

function lookAtPlain(
  where: string,
  text: string,
  tally: Tally,
  judge: (type: string, value: unknown) => [Finding['severity'], string] | undefined,
  isAbsent = () => {},
): Part {
  const path = readPath(text);
  let present = 0;
  return {
    values: 0,
    record(record) {
      walk(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing' || type === 'null') return isAbsent();
          present += 1;
          const fault = judge(type, value);
          if (fault) tally.note(fault[0], where, fault[1]);
        },
        closed: (place, value) => tally.note('error', where, `${place} holds ${bsonTypeOf(value)}, no object`),
      });
    },
    findings: (sampled) => (present === 0 ? [absent(where, sampled)] : []),
  };
}

const absent = (where: string, sampled: number): Finding => ({
  severity: 'warning',
  where,
  message: `none of ${sampled} records has this field: is the path right?`,
});
