import type mongoose from 'mongoose';
import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import { KEY, valueAt } from '../../engine/map/paths.ts';
import { isLookedUp } from '../../engine/map/places.ts';
import { isOwned, matchesWhere } from '../../engine/owner.ts';
import type { AccountValue } from '../../engine/subject.ts';
import type { EntryView } from '../map-view.ts';
import { createTally, type Finding } from './findings.ts';
import { lookAtJoined } from './joined-part.ts';
import { lookAtNumber } from './number-part.ts';
import {
  lookAtAccount,
  lookAtAny,
  lookAtDirection,
  lookAtField,
  lookAtJson,
  lookAtMark,
  lookAtProduct,
  lookAtScheduled,
  lookAtTime,
  lookEverywhere,
  type Part,
  type PartOptions,
} from './parts.ts';

type Document = mongoose.mongo.Document;

/** Compares records with one entry of the map, one by one. */
export interface Look {
  record(record: Document): void;
  /** How many values were looked at so far. */
  values(): number;
  findings(): Finding[];
}

export interface LookOptions extends PartOptions {
  /** Records that are surely another account's are left out; undefined: all are looked at. */
  readonly account: AccountValue | undefined;
  /** An `_id` as it may be shown. */
  readonly describeId: (id: unknown) => string;
}

export function createLook(view: EntryView, options: LookOptions): Look {
  const { entry } = view;
  const { account } = options;
  const { owner, via, products } = entry;
  const tally = createTally(options.describeId);
  const always = [
    ...(owner.kind === 'field' ? [lookAtAccount(entry, owner, options, tally)] : []),
    ...(via ? [lookAtAny(entry, via.field, tally)] : []),
    ...(entry.pending ? [lookAtScheduled(entry, entry.pending, tally)] : []),
    ...(entry.id ? [lookAtAny(entry, entry.id, tally)] : []),
    ...(entry.at ? [lookAtTime(entry, entry.at, tally)] : []),
    ...(entry.redacted ? [lookAtMark(entry, entry.redacted, tally)] : []),
    ...(typeof entry.direction === 'object' ? [lookAtDirection(entry, entry.direction, tally)] : []),
    ...(products && 'path' in products ? [lookAtProduct(entry, products, tally)] : []),
  ];
  const personal: Part[] = [
    // What stands under keys is found by reading: no path leads there.
    ...view.numbers.filter(isLookedUp).map((place) => lookAtNumber(view, place, options, tally)),
    ...view.fields
      .filter(({ path }) => !path.includes(KEY))
      .map((field) => (field.anywhere ? lookEverywhere(entry, field) : lookAtField(entry, field, options, tally))),
    ...entry.joined.flatMap(({ parts }) => parts).map((part) => lookAtAny(entry, part, tally)),
    ...entry.joined.map((joined) => lookAtJoined(view, joined, options.reader, tally)),
    ...entry.json.map(({ path }) => lookAtJson(entry, path, tally)),
  ];
  let seen = 0;
  let untouched = 0;
  return {
    record(record) {
      if (!matchesWhere(entry, record) || (account !== undefined && !isOwned(entry, account, record))) return;
      seen += 1;
      tally.begin(record._id);
      for (const part of always) part.record(record);
      // Rows that Lethe has put on the suppression list lack what the platform's own rows have.
      if (entry.record === 'suppression' && isLethesRow(record)) return;
      for (const part of personal) part.record(record);
      // What was redacted has lost fields.
      if (entry.redacted === undefined || !valueAt(record, entry.redacted)) untouched += 1;
    },
    values: () => Math.max(0, ...[...always, ...personal].map((part) => part.values)),
    findings: () => [
      ...tally.findings(`of ${seen} records`),
      ...(seen > 0 ? always.flatMap((part) => part.findings(seen)) : []),
      ...(seen > 0 ? personal.flatMap((part) => part.findings(untouched)) : []),
    ],
  };
}

const isLethesRow = ({ token }: Document) => typeof token === 'string' && TOKEN_SHAPE.test(token);
