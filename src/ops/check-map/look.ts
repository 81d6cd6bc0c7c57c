import type mongoose from 'mongoose';
import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import { valueAt } from '../../engine/map/paths.ts';
import type { EntryView } from '../map-view.ts';
import { createTally, type Finding } from './findings.ts';
import { lookAtNumber } from './number-part.ts';
import {
  lookAtAccount,
  lookAtDirection,
  lookAtField,
  lookAtId,
  lookAtMark,
  lookAtScheduled,
  lookAtTime,
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
  /** An `_id` as it may be shown. */
  readonly describeId: (id: unknown) => string;
}

export function createLook(view: EntryView, options: LookOptions): Look {
  const { entry } = view;
  const tally = createTally(options.describeId);
  const always = [
    ...(view.account === null ? [] : [lookAtAccount(entry, options, tally)]),
    ...(entry.pending ? [lookAtScheduled(entry, entry.pending, tally)] : []),
    ...(entry.id ? [lookAtId(entry, entry.id, tally)] : []),
    ...(entry.at ? [lookAtTime(entry, entry.at, tally)] : []),
    ...(entry.redacted ? [lookAtMark(entry, entry.redacted, tally)] : []),
    ...(typeof entry.direction === 'object' ? [lookAtDirection(entry, entry.direction.path, tally)] : []),
  ];
  const personal: Part[] = [
    ...view.numbers.map((place) => lookAtNumber(view, place, options, tally)),
    ...entry.fields.map((field) => lookAtField(entry, field, options, tally)),
  ];
  let seen = 0;
  let untouched = 0;
  return {
    record(record) {
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
