import type mongoose from 'mongoose';
import { ANY_DATE, NO_DATES } from '../../engine/bson-types.ts';
import { valueAt } from '../../engine/map/paths.ts';
import type { Filter } from '../../engine/plan.ts';
import type { Source } from './query.ts';

type Document = mongoose.mongo.Document;

/** Where a reading stopped: the last record that was given out. */
export interface Position {
  readonly source: string;
  /** Which of the source's passes: 0 for records with a time. */
  readonly pass: number;
  readonly at: Date | null;
  readonly id: unknown;
}

export interface Found {
  readonly source: Source;
  readonly record: Document;
  readonly position: Position;
}

export interface ReadOptions {
  /** Page by page: records of one moment are sorted by `_id`, which costs a sort where no index ends in it. */
  readonly paged?: boolean;
  /** Begin behind this record; needs `paged`, and `_id`s of one type. */
  readonly after?: Position;
  /** Records in all. */
  readonly limit: number;
  /** Ends the reading, in the database, too: its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Records the driver holds at once: memory stays the same however many there are. */
const BATCH = 500;

/** One query, with the order its results come in. */
interface Pass {
  readonly number: number;
  readonly filter: Filter;
  readonly sort: Record<string, 1>;
}

/**
 * Reads records source by source, each by time. Records without a readable time come last, and only when no
 * time was asked for: they are the account's records all the same.
 */
export async function* readRecords(
  db: mongoose.mongo.Db,
  sources: readonly Source[],
  { paged = false, after, limit, signal }: ReadOptions,
): AsyncGenerator<Found> {
  let left = limit;
  const from = after ? sources.findIndex((source) => source.name === after.source) : 0;
  // The source of a position may have left the map since: where the page before ended is unknown then.
  if (from < 0) return;
  for (const source of sources.slice(from)) {
    for (const pass of passesOf(source, paged, after?.source === source.name ? after : undefined)) {
      if (left <= 0) return;
      const cursor = db
        .collection(source.entry.collection)
        .find(pass.filter, signal && { signal })
        .sort(pass.sort)
        .limit(left)
        .batchSize(Math.min(BATCH, left));
      for await (const record of cursor) {
        left -= 1;
        const at = valueAt(record, source.at);
        const position = {
          source: source.name,
          pass: pass.number,
          at: at instanceof Date ? at : null,
          id: record._id as unknown,
        };
        yield { source, record, position };
      }
    }
  }
}

/** Queries that an index on (account, time) answers in order, one after the other. No `$or`: not every engine uses an index for it. */
function passesOf(source: Source, paged: boolean, after: Position | undefined): Pass[] {
  const { filter, range, at } = source;
  const byTime: Pass['sort'] = paged ? { [at]: 1, _id: 1 } : { [at]: 1 };
  const dated = (time: object): Pass => ({ number: 0, filter: { ...filter, [at]: time } as Filter, sort: byTime });
  // With $and: the filter may constrain `_id` already.
  const behind = { $and: [{ _id: { $gt: after?.id } }] } as Filter;
  // With null and a missing field these types are every value that is no date.
  const undated = [{ $type: [...NO_DATES] }, null].flatMap((time, index): Pass[] => {
    const number = index + 1;
    if (range !== null || (after && number < after.pass)) return [];
    const resumed = after?.pass === number ? behind : {};
    return [{ number, filter: { ...filter, [at]: time, ...resumed } as Filter, sort: { _id: 1 } }];
  });
  if (after === undefined) return [dated(range ?? ANY_DATE), ...undated];
  if (after.pass > 0 || after.at === null) return undated;
  const sameMoment: Pass = { number: 0, filter: { ...filter, [at]: after.at, ...behind } as Filter, sort: { _id: 1 } };
  return [sameMoment, dated({ ...range, $gt: after.at }), ...undated];
}
