import { readPath, throughArray } from '../../engine/map/paths.ts';
import type { Profile } from '../../engine/map/profile.ts';
import type { CollectionMap, DirectionField, Owner, TimeField } from '../../engine/map/schema.ts';
import { momentOf } from '../../engine/moment.ts';
import { isOneOf } from '../../engine/owner.ts';
import { readJson } from '../../engine/rewrite/json.ts';
import { instancesOf } from '../../engine/rewrite/places.ts';
import { createOpener } from '../../engine/rewrite/walk.ts';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import type { NumberReader } from '../../phone/reader.ts';
import { followPath } from '../collections/follow.ts';
import type { Finding, Tally } from './findings.ts';

export interface PartOptions {
  readonly profile: Profile;
  readonly reader: NumberReader;
  /** The types of account values that Lethe's accounts know; empty without accounts. */
  readonly accountTypes: ReadonlySet<string>;
  /** The values themselves, as texts; undefined where they are too many, or only one account is looked at. */
  readonly accounts: ReadonlySet<string> | undefined;
}

const ACCOUNT_TYPES = new Set(['string', 'number', 'objectId', 'binData']);
const MOST_STRANGERS = 1_000;
const EXPECTED = { string: ['string'], list: ['array'], object: ['object'], number: ['number'] } as const;

const withoutAccount = (path: string) =>
  `no account: no erasure finds such a record (an entry with account: any and where: { ${path}: null } would)`;

/** Checker of one path. */
export interface Part {
  values: number;
  record(record: unknown): void;
  /** @param seen the records in which something was to be expected */
  findings(seen: number): Finding[];
}

export function lookAtAccount(
  entry: CollectionMap,
  owner: Extract<Owner, { kind: 'field' }>,
  options: PartOptions,
  tally: Tally,
): Part {
  const where = `${entry.collection}.${owner.path}`;
  const path = readPath(owner.path);
  const { accounts } = options;
  // An entry that names its types is searched in all of them, whichever Lethe's accounts have.
  const accountTypes = owner.types ? ACCOUNT_TYPES : options.accountTypes;
  const known = [...accountTypes].join(' or ');
  const strangers = new Set<string>();
  let present = 0;
  let matching = 0;
  let strange = 0;
  return {
    values: 0,
    record(record) {
      followPath(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing' || type === 'null') return tally.note('warning', where, withoutAccount(owner.path));
          present += 1;
          if (!ACCOUNT_TYPES.has(type)) return tally.note('error', where, `holds ${type}, which no account can have`);
          if (accountTypes.has(type)) {
            matching += 1;
            const key = String(value);
            if (accounts === undefined || accounts.has(key)) return;
            strange += 1;
            if (strangers.size < MOST_STRANGERS) strangers.add(key);
          } else if (accountTypes.size > 0)
            tally.note('warning', where, `holds ${type}, and Lethe's accounts know ${known} only (--records-id-type)`);
        },
        closed: (place, value, wanted) =>
          tally.note('error', where, `${place} holds ${bsonTypeOf(value)}, where the map wants an ${wanted}`),
      });
    },
    findings(seen) {
      if (present === 0) return [{ severity: 'error', where, message: 'no record looked at has this field' }];
      if (accountTypes.size > 0 && matching === 0)
        return [
          { severity: 'error', where, message: `no record looked at has an account of a type Lethe knows: ${known}` },
        ];
      if (strange > 0)
        return [
          {
            severity: 'warning',
            where,
            message: `${strange} of ${seen} records are of ${strangers.size}${strangers.size < MOST_STRANGERS ? '' : ' or more'} accounts that Lethe does not know`,
          },
        ];
      return [];
    },
  };
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
      followPath(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing') return;
          present += 1;
          if (type !== 'null' && expected !== undefined && !expected.includes(type))
            tally.note('warning', where, `holds ${type}, where the map says type: ${field.type}`);
        },
        closed(place, value, wanted) {
          // What holds nothing is left as it is.
          if (isNothing(value) || (throughArray(path) && wanted === 'array')) return;
          // A record that is deleted is not written into.
          const found = `${place} holds ${bsonTypeOf(value)}, where the map wants an ${wanted}`;
          tally.note(deleted ? 'warning' : 'error', where, deleted ? found : `${found}: the record cannot be changed`);
        },
      });
    },
    findings: (seen) => (present === 0 && seen > 0 ? [absent(where, seen)] : []),
  };
}

/** A field that is found by its name alone. */
export function lookEverywhere(entry: CollectionMap, { path }: CollectionMap['fields'][number]): Part {
  let isThere = false;
  return {
    values: 0,
    record(record) {
      // An opener keeps what it has opened: one for each record.
      const found = isThere ? [] : [...instancesOf(record, { path: readPath(path), anywhere: true }, createOpener())];
      isThere ||= found.length > 0;
    },
    findings: (seen) => (isThere || seen === 0 ? [] : [absent(`${entry.collection}.${path}`, seen)]),
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
      followPath(record, path, {
        value(value) {
          if (value !== undefined) present += 1;
          isScheduled = pending.values.some((one) => one === value);
        },
        closed: (place, value) => {
          if (!isNothing(value)) tally.note('error', where, `${place} holds ${bsonTypeOf(value)}, no object`);
        },
      });
      if (!isScheduled) return;
      followPath(record, time, {
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

/** A path at which anything may stand: ids, references, parts of a number. */
export function lookAtAny(entry: CollectionMap, path: string, tally: Tally): Part {
  return lookAtPlain(`${entry.collection}.${path}`, path, tally, () => undefined);
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

/** A field that tells the product: a record of none of them is found by no transaction id. */
export function lookAtProduct(
  entry: CollectionMap,
  products: Extract<CollectionMap['products'], { readonly path: string }>,
  tally: Tally,
): Part {
  const known = Object.values(products.values).flat();
  return lookAtPlain(`${entry.collection}.${products.path}`, products.path, tally, (_type, value) =>
    isOneOf(known, value)
      ? undefined
      : ['warning', 'holds no value of a product: no transaction id finds such a record'],
  );
}

/** A text that holds JSON: what cannot be read as such is searched like any other text. */
export function lookAtJson(entry: CollectionMap, path: string, tally: Tally): Part {
  return lookAtPlain(`${entry.collection}.${path}`, path, tally, (type, value) => {
    if (type !== 'string') return ['warning', `holds ${type}, where the map says JSON in a text`];
    const isBlank = String(value).trim() === '';
    return isBlank || readJson(String(value)) !== undefined ? undefined : ['warning', 'holds a text that is no JSON'];
  });
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
      followPath(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing' || type === 'null') return isAbsent();
          present += 1;
          const fault = judge(type, value);
          if (fault) tally.note(fault[0], where, fault[1]);
        },
        closed: (place, value) =>
          isNothing(value) ? isAbsent() : tally.note('error', where, `${place} holds ${bsonTypeOf(value)}, no object`),
      });
    },
    findings: (seen) => (present === 0 && seen > 0 ? [absent(where, seen)] : []),
  };
}

const isNothing = (value: unknown) => value === null;

/** A path that leads nowhere. */
export const absent = (where: string, sampled: number): Finding => ({
  severity: 'warning',
  where,
  message: `none of ${sampled} records has this field: is the path right?`,
});
