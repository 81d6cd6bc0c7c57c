import type mongoose from 'mongoose';
import { collectionOf } from '../../engine/collection.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import type { AccountValue } from '../../engine/subject.ts';
import type { CountryCode } from '../../phone/countries.ts';
import { type ContactCount, createContactCount } from './contacts.ts';
import { filterOf, type InteractionQuery, interactionEntries } from './log.ts';
import type { InteractionEntry } from './row.ts';
import { type Count, createTally, type Tally } from './tally.ts';

type Document = mongoose.mongo.Document;

/**
 * Figures of a period. Fields that redaction keeps (kind, status, tracking number, source) count all interactions.
 * Contacts, sessions and tags count only those that are not redacted.
 */
export interface Figures extends Count {
  readonly by_kind: Record<string, Count>;
  readonly by_status: Record<string, Count>;
  readonly by_source: Record<string, Count>;
  readonly by_tracking_number: Record<string, Count>;
  /** Different contact numbers; `at_least` when counting stopped at the limit. */
  readonly contacts: { readonly count: number; readonly at_least: boolean };
  /** Interactions with data of a visitor's session. */
  readonly sessions: number;
  /** Interactions under a tag. */
  readonly by_tag: Record<string, number>;
}

const MOST_MS = 30_000;
/** Rows the driver unpacks at once. Its own batches are by bytes, and hold as many small rows as take a second. */
const BATCH = 1_000;

/** What a tally has no room for are the rare values. */
const FREQUENT_FIRST = { $sort: { count: -1 } };

/** The counts so far, over the collections. */
interface Totals {
  readonly kind: Tally;
  readonly status: Tally;
  readonly source: Tally;
  readonly number: Tally;
  readonly tag: Tally;
  readonly contacts: ContactCount;
  sessions: number;
}

/** One collection of interactions, and the period in it. */
interface Part {
  readonly entry: InteractionEntry;
  readonly collection: mongoose.mongo.Collection;
  readonly filter: Document;
  /** The filter, for those that are not redacted. */
  readonly open: Document;
  readonly signal: AbortSignal | undefined;
}

/**
 * Counts an account's interactions.
 * @param query a period and a kind; `redacted` is no question here, as both are counted
 * @param countries whose national writings are read: one contact stored in two ways counts once
 * @param signal ends the counting, in the database, too
 * @throws the signal's reason
 */
export async function countInteractions(
  db: mongoose.mongo.Db,
  map: DataMap,
  account: AccountValue,
  query: Omit<InteractionQuery, 'redacted'>,
  countries: readonly CountryCode[],
  signal?: AbortSignal,
): Promise<Figures> {
  const totals: Totals = {
    kind: createTally(),
    status: createTally(),
    source: createTally(),
    number: createTally(),
    tag: createTally(),
    contacts: createContactCount(countries),
    sessions: 0,
  };
  for (const entry of interactionEntries(map, query.kind)) {
    const filter = filterOf(entry, account, query);
    const open = allOf(filter, { [entry.redacted]: null });
    const part: Part = { entry, collection: collectionOf(db, entry, account), filter, open, signal };
    await countKept(part, totals);
    await countContacts(part, totals);
    await countSessions(part, totals);
    await countTags(part, totals);
  }
  const { contacts, sessions } = totals;
  return {
    ...totals.kind.sum(),
    by_kind: totals.kind.rows(),
    by_status: totals.status.rows(),
    by_source: totals.source.rows(),
    by_tracking_number: totals.number.rows(),
    contacts: { count: contacts.size, at_least: contacts.isFull },
    sessions,
    by_tag: Object.fromEntries(Object.entries(totals.tag.rows()).map(([tag, { total }]) => [tag, total])),
  };
}

function aggregate({ collection, signal }: Part, pipeline: Document[]): mongoose.mongo.AggregationCursor<Document> {
  const options = { maxTimeMS: MOST_MS, allowDiskUse: true, batchSize: BATCH };
  return collection.aggregate(pipeline, { ...options, ...(signal && { signal }) });
}

/** Counts by what redaction keeps. */
async function countKept(part: Part, totals: Totals): Promise<void> {
  const { entry, filter } = part;
  for await (const row of aggregate(part, [
    { $match: filter },
    { $group: { _id: keptOf(entry), count: { $sum: 1 } } },
    FREQUENT_FIRST,
  ])) {
    const { redacted, status, source, number } = row._id as Record<string, unknown>;
    const count = { total: Number(row.count), redacted: redacted ? Number(row.count) : 0 };
    totals.kind.add(entry.interaction, count);
    totals.status.add(status, count);
    totals.source.add(source, count);
    totals.number.add(number, count);
  }
}

async function countContacts(part: Part, { contacts }: Totals): Promise<void> {
  const values = aggregate(part, [{ $match: part.open }, { $group: { _id: contactOf(part.entry) } }]);
  await contacts.addAll(values, part.signal);
}

async function countSessions({ entry, collection, open, signal }: Part, totals: Totals): Promise<void> {
  for (const { path } of entry.fields.filter(({ category }) => category === 'visitor')) {
    const filter = allOf(open, { [path]: { $nin: [null, {}, ''] } } as Filter);
    totals.sessions += await collection.countDocuments(filter, { maxTimeMS: MOST_MS, ...(signal && { signal }) });
  }
}

async function countTags(part: Part, totals: Totals): Promise<void> {
  for (const { path, type } of part.entry.fields.filter(({ category }) => category === 'tag')) {
    const unwind = type === 'list' || type === 'any' ? [{ $unwind: `$${path}` }] : [];
    const group = { $group: { _id: `$${path}`, count: { $sum: 1 } } };
    for await (const { _id: tag, count } of aggregate(part, [
      { $match: part.open },
      ...unwind,
      group,
      FREQUENT_FIRST,
    ])) {
      if (tag !== null && tag !== '') totals.tag.add(tag, { total: Number(count), redacted: 0 });
    }
  }
}

/** The fields that redaction keeps, as a key to group by. */
function keptOf(entry: InteractionEntry): Document {
  const field = (path: string | undefined) => (path === undefined ? null : { $ifNull: [`$${path}`, null] });
  return {
    redacted: { $ne: [{ $ifNull: [`$${entry.redacted}`, null] }, null] },
    status: field(entry.log?.status),
    source: field(entry.log?.source),
    number: ownOf(entry),
  };
}

function ownOf({ own_number: own, direction }: InteractionEntry): unknown {
  if (own === undefined) return null;
  if (typeof own === 'string') return { $ifNull: [`$${own}`, null] };
  return byDirection(direction, `$${own.inbound}`, `$${own.outbound}`);
}

/** The field with the contact's number, as `contactNumbers` finds it. */
function contactOf({ numbers, own_number: own, direction }: InteractionEntry): unknown {
  const firstBut = (kept: string | undefined) => {
    const path = numbers.find((one) => one.path !== kept)?.path;
    return path === undefined ? null : { $ifNull: [`$${path}`, null] };
  };
  if (typeof own !== 'object') return firstBut(own);
  return byDirection(direction, firstBut(own.inbound), firstBut(own.outbound));
}

function byDirection(direction: InteractionEntry['direction'], inbound: unknown, outbound: unknown): unknown {
  if (typeof direction !== 'object') return direction === 'inbound' ? inbound : outbound;
  const is = (values: readonly unknown[]) => ({ $in: [{ $ifNull: [`$${direction.path}`, null] }, [...values]] });
  return { $cond: [is(direction.inbound), inbound, { $cond: [is(direction.outbound), outbound, null] }] };
}
