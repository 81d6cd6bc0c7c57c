import { readPath, throughArray } from '../../engine/map/paths.ts';
import type { Profile } from '../../engine/map/profile.ts';
import { type CollectionMap, DIRECTIONS } from '../../engine/map/schema.ts';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import { recordKey } from '../../lib/record-key.ts';
import type { NumberReader } from '../../phone/reader.ts';
import { followPath } from '../collections/follow.ts';
import type { Finding, Tally } from './findings.ts';

export interface PartOptions {
  readonly profile: Profile;
  readonly reader: NumberReader;
  /** The types of account values that Lethe's accounts know; empty without accounts. */
  readonly accountTypes: ReadonlySet<string>;
  /** The values themselves, as `recordKey`s; undefined where they are too many, or only one account is looked at. */
  readonly accounts: ReadonlySet<string> | undefined;
}

const ACCOUNT_TYPES = new Set(['string', 'number', 'objectId']);
const MOST_STRANGERS = 1_000;
const EXPECTED = { string: ['string'], list: ['array'], object: ['object'] } as const;

/** Checker of one path. */
export interface Part {
  values: number;
  record(record: unknown): void;
  /** @param seen the records in which something was to be expected */
  findings(seen: number): Finding[];
}

export function lookAtAccount(entry: CollectionMap, options: PartOptions, tally: Tally): Part {
  const where = `${entry.collection}.${entry.account}`;
  const path = readPath(entry.account);
  const { accountTypes, accounts } = options;
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
          if (type === 'missing' || type === 'null')
            return tally.note('warning', where, 'no account: no erasure finds such a record');
          present += 1;
          if (!ACCOUNT_TYPES.has(type)) return tally.note('error', where, `holds ${type}, which no account can have`);
          if (accountTypes.has(type)) {
            matching += 1;
            const key = recordKey(value);
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
          // A record that is deleted is not written into.
          if (throughArray(path) && wanted === 'array') return;
          const found = `${place} holds ${bsonTypeOf(value)}, where the map wants an ${wanted}`;
          tally.note(deleted ? 'warning' : 'error', where, deleted ? found : `${found}: the record cannot be changed`);
        },
      });
    },
    findings: (seen) => (present === 0 && seen > 0 ? [absent(where, seen)] : []),
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
        closed: (place, value) => tally.note('error', where, `${place} holds ${bsonTypeOf(value)}, no object`),
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
export function lookAtTime(entry: CollectionMap, at: string, tally: Tally): Part {
  const where = `${entry.collection}.${at}`;
  let undated = 0;
  const part = lookAtPlain(
    where,
    at,
    tally,
    (type) => (type === 'date' ? undefined : ['error', `holds ${type}, no date: erasures by age fail on its account`]),
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

export function lookAtDirection(entry: CollectionMap, path: string, tally: Tally): Part {
  const known = new Set<unknown>(DIRECTIONS);
  return lookAtPlain(`${entry.collection}.${path}`, path, tally, (_type, value) =>
    known.has(value)
      ? undefined
      : ['warning', `holds neither ${DIRECTIONS.join(' nor ')}: no request finds such a record`],
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
      followPath(record, path, {
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
    findings: (seen) => (present === 0 && seen > 0 ? [absent(where, seen)] : []),
  };
}

/** A path that leads nowhere. */
export const absent = (where: string, sampled: number): Finding => ({
  severity: 'warning',
  where,
  message: `none of ${sampled} records has this field: is the path right?`,
});
