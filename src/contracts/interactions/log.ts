import mongoose from 'mongoose';
import { collectionOf } from '../../engine/collection.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { type DataMap, type InteractionKind, nameOf } from '../../engine/map/schema.ts';
import { atMoment, momentOf, type Span, within } from '../../engine/moment.ts';
import { scopeOf } from '../../engine/owner.ts';
import { type AccountValue, assertAccount, type Subject } from '../../engine/subject.ts';
import { asInteraction, type Interaction, type InteractionEntry, toInteraction } from './row.ts';

type Document = mongoose.mongo.Document;

const { Long } = mongoose.mongo;

export interface InteractionQuery {
  readonly kind?: InteractionKind | undefined;
  /** From this moment on. */
  readonly from?: Date | undefined;
  /** Before this moment. */
  readonly to?: Date | undefined;
  readonly redacted?: boolean | undefined;
  readonly status?: string | undefined;
  readonly source?: string | undefined;
  readonly tag?: string | undefined;
  /** The account's own number, in whatever form the platform shows it. */
  readonly trackingNumber?: string | undefined;
  /** The other party's number, as records hold it. */
  readonly contact?: Pick<Subject, 'values'> | undefined;
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

/**
 * The collections of interactions of a kind, or all of them.
 */
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
    narrow(entry, query) ?? {},
  );
}

/**
 * What a query asks of fields that not every collection has.
 * @returns null where the map names no such field: none of the collection's records is meant
 */
function narrow(entry: InteractionEntry, query: InteractionQuery): Filter | null {
  const own = ownPaths(entry);
  const tags = entry.fields.filter(({ category }) => category === 'tag').map(({ path }) => path);
  // A place that is the account's own in one direction is the contact's in the other.
  const contacts = entry.numbers
    .map(({ path }) => path)
    .filter((path) => typeof entry.own_number !== 'string' || path !== entry.own_number);
  const asked: (readonly [paths: readonly string[], values: readonly unknown[]])[] = [];
  if (query.status !== undefined) asked.push([listOf(entry.log?.status), [query.status]]);
  if (query.source !== undefined) asked.push([listOf(entry.log?.source), [query.source]]);
  if (query.tag !== undefined) asked.push([tags, [query.tag]]);
  if (query.trackingNumber !== undefined) asked.push([own, ownForms(query.trackingNumber)]);
  if (query.contact !== undefined) asked.push([contacts, query.contact.values]);
  if (asked.some(([paths]) => paths.length === 0)) return null;
  return allOf(
    ...asked.map(([paths, values]): Filter => {
      const some = paths.map((path): Filter => ({ [dotted(path)]: { $in: [...values] } }) as Filter);
      return (some.length === 1 ? some[0] : { $and: [{ $or: some }] }) as Filter;
    }),
  );
}

const listOf = (path: string | undefined): readonly string[] => (path === undefined ? [] : [path]);

/** Elements of a list are asked for by the path without its marks. */
const dotted = (path: string): string => path.replaceAll('[]', '');

function ownPaths({ own_number: own }: InteractionEntry): readonly string[] {
  if (own === undefined) return [];
  return typeof own === 'string' ? [own] : [...new Set([own.inbound, own.outbound])];
}

/** A sender's name as it is; a number as text, with a plus, and as an integer. */
function ownForms(text: string): readonly unknown[] {
  const digits = text.replace(/^\+/, '');
  return /^\d{1,18}$/.test(digits) ? [digits, `+${digits}`, Long.fromString(digits)] : [text];
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
      if (narrow(entry, query) === null) return [];
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
