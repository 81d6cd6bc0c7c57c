import type mongoose from 'mongoose';
import { allOf, type Filter } from '../../engine/filter.ts';
import { atMoment, momentOf, undated, within } from '../../engine/moment.ts';
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

/** The last pass of any source: that of texts which are no time. */
export const MOST_PASSES = 4;

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
      const cursor = source
        .collection(db)
        .find(pass.filter, signal && { signal })
        .sort(pass.sort)
        .limit(left)
        .batchSize(Math.min(BATCH, left));
      for await (const record of cursor) {
        left -= 1;
        const position = {
          source: source.name,
          pass: pass.number,
          at: pass.number === 0 ? momentOf(source.at, record) : null,
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
  const byTime: Pass['sort'] = paged ? { [at.path]: 1, _id: 1 } : { [at.path]: 1 };
  const dated = (time: Filter): Pass => ({ number: 0, filter: allOf(filter, time), sort: byTime });
  // Beside what is asked of `_id`, not in its place: it may be the id that was asked for.
  const behind: Filter = { _id: { $gt: after?.id } } as Filter;
  // With a missing field and null, all there is beside times.
  const [oddTypes = {}, ...others] = undated(at);
  const without = [oddTypes, { [at.path]: null }, ...others].flatMap((odd, index): Pass[] => {
    const number = index + 1;
    if (range !== null || (after && number < after.pass)) return [];
    const resumed = after?.pass === number ? behind : {};
    return [{ number, filter: allOf(filter, odd as Filter, resumed), sort: { _id: 1 } }];
  });
  if (after === undefined) return [dated(within(at, range ?? {})), ...without];
  if (after.pass > 0 || after.at === null) return without;
  const sameMoment: Pass = { number: 0, filter: allOf(filter, atMoment(at, after.at), behind), sort: { _id: 1 } };
  const later = within(at, { from: new Date(after.at.getTime() + 1), to: range?.to });
  return [sameMoment, dated(later), ...without];
}
