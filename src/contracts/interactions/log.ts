import type mongoose from 'mongoose';
import { collectionOf } from '../../engine/collection.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { type DataMap, type InteractionKind, nameOf } from '../../engine/map/schema.ts';
import { atMoment, momentOf, type Span, within } from '../../engine/moment.ts';
import { scopeOf } from '../../engine/owner.ts';
import { type AccountValue, assertAccount } from '../../engine/subject.ts';
import { asInteraction, type Interaction, type InteractionEntry, toInteraction } from './row.ts';

type Document = mongoose.mongo.Document;

export interface InteractionQuery {
  readonly kind?: InteractionKind | undefined;
  /** From this moment on. */
  readonly from?: Date | undefined;
  /** Before this moment. */
  readonly to?: Date | undefined;
  readonly redacted?: boolean | undefined;
}

/** The last interaction of a page: where the next begins. */
export interface LogPosition {
  readonly at: Date;
  /** The map's name of its collection. */
  readonly name: string;
  readonly id: unknown;
}

export interface LogPage {
  readonly rows: { readonly name: string; readonly row: Interaction }[];
  readonly next: LogPosition | null;
}

/** The collections of interactions a query is about. */
export function interactionEntries(map: DataMap, kind: InteractionKind | undefined): InteractionEntry[] {
  return map.collections.flatMap((entry) => {
    const one = entry.owner.kind === 'via' ? null : asInteraction(entry);
    return one && (kind === undefined || one.interaction === kind) ? [one] : [];
  });
}

/**
 * Everything a query asks of one collection. What has no time that can be read has no place in an order by time.
 * @param span in place of the query's own
 * @throws TypeError without an account
 */
export function filterOf(
  entry: InteractionEntry,
  account: AccountValue,
  query: InteractionQuery,
  span: Span = query,
): Filter {
  assertAccount(account);
  return allOf(
    scopeOf(entry, account),
    within(entry.at, span),
    query.redacted === undefined ? {} : ({ [entry.redacted]: query.redacted ? { $ne: null } : null } as Filter),
  );
}

/**
 * One page of an account's interactions, newest first over all collections. Of one moment: by collection, then by
 * `_id`, newest first.
 * @param limit rows a page
 */
export async function readLog(
  db: mongoose.mongo.Db,
  map: DataMap,
  account: AccountValue,
  query: InteractionQuery,
  { limit, after }: { limit: number; after?: LogPosition | undefined },
): Promise<LogPage> {
  const lists = await Promise.all(
    interactionEntries(map, query.kind).map(async (entry) => {
      const found: Document[] = [];
      for (const filter of behind(entry, account, query, after)) {
        if (found.length > limit) break;
        const more = await collectionOf(db, entry, account)
          .find(filter)
          .sort({ [entry.at.path]: -1, _id: -1 })
          .limit(limit + 1 - found.length)
          .toArray();
        found.push(...more);
      }
      return found.flatMap((record) => {
        const at = momentOf(entry.at, record);
        return at === null ? [] : [{ name: nameOf(entry), entry, record, at }];
      });
    }),
  );
  const merged = lists
    .flat()
    .sort((one, other) => other.at.getTime() - one.at.getTime() || compareText(one.name, other.name));
  const page = merged.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map(({ name, entry, record }) => ({ name, row: toInteraction(entry, record) })),
    next: last && merged.length > limit ? { at: last.at, name: last.name, id: last.record._id } : null,
  };
}

/** Queries for what comes behind a position, in order; apart, because not every engine uses an index for `$or`. */
function behind(
  entry: InteractionEntry,
  account: AccountValue,
  query: InteractionQuery,
  after: LogPosition | undefined,
): Filter[] {
  if (after === undefined) return [filterOf(entry, account, query)];
  const earlierThan = (moment: Date): Filter => {
    const to = query.to && query.to < moment ? query.to : moment;
    return filterOf(entry, account, query, { from: query.from, to });
  };
  const order = compareText(nameOf(entry), after.name);
  if (order > 0) return [earlierThan(new Date(after.at.getTime() + 1))];
  const earlier = earlierThan(after.at);
  if (order < 0) return [earlier];
  const same = allOf(filterOf(entry, account, query), atMoment(entry.at, after.at), {
    _id: { $lt: after.id },
  } as Filter);
  return [same, earlier];
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
