import type mongoose from 'mongoose';
import { collectionOf } from '../../engine/collection.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { sortStoredForm } from '../../engine/stored-form.ts';
import type { AccountValue } from '../../engine/subject.ts';
import { readStoredNumber } from '../../phone/read-stored.ts';
import { filterOf, type InteractionQuery, interactionEntries } from './log.ts';
import type { InteractionEntry } from './row.ts';

type Document = mongoose.mongo.Document;

/** How many interactions, and how many of them are redacted. */
interface Count {
  total: number;
  redacted: number;
}

/**
 * Figures of a period. What redaction keeps counts every interaction: kind, status, tracking number, source. What only
 * a contact, a session or a tag could tell counts those that are not redacted.
 */
export interface InteractionReport extends Count {
  readonly by_kind: Record<string, Count>;
  readonly by_status: Record<string, Count>;
  readonly by_source: Record<string, Count>;
  readonly by_tracking_number: Record<string, Count>;
  /** Different contact numbers; `at_least` where there are more than are told apart. */
  readonly contacts: { count: number; at_least: boolean };
  /** Interactions with data of a visitor's session. */
  readonly sessions: number;
  /** Interactions under a tag. */
  readonly by_tag: Record<string, number>;
}

/** Different contacts that are held in memory. */
const MOST_CONTACTS = 100_000;
/** Rows a breakdown has at most; what comes after them is summed up as `other`. */
const MOST_ROWS = 500;
const MOST_MS = 30_000;
const UNKNOWN = 'unknown';
const OTHER = 'other';

/**
 * @param query `redacted` is not asked: the report tells both
 * @param prefixes what served numbers begin with: one contact stored in two ways is one
 */
export async function reportInteractions(
  db: mongoose.mongo.Db,
  map: DataMap,
  account: AccountValue,
  query: Omit<InteractionQuery, 'redacted'>,
  prefixes: readonly string[],
): Promise<InteractionReport> {
  const by = { kind: createTally(), status: createTally(), source: createTally(), number: createTally() };
  const tags = createTally();
  const contacts = new Set<string>();
  const all: Count = { total: 0, redacted: 0 };
  let sessions = 0;
  for (const entry of interactionEntries(map, query.kind)) {
    const filter = filterOf(entry, account, query);
    const open = allOf(filter, { [entry.redacted]: null });
    const collection = collectionOf(db, entry, account);
    const run = (pipeline: Document[]) => collection.aggregate(pipeline, { maxTimeMS: MOST_MS, allowDiskUse: true });

    for await (const row of run([{ $match: filter }, { $group: { _id: keptOf(entry), count: { $sum: 1 } } }])) {
      const { redacted, status, source, number } = row._id as Record<string, unknown>;
      const count = { total: Number(row.count), redacted: redacted ? Number(row.count) : 0 };
      all.total += count.total;
      all.redacted += count.redacted;
      by.kind.add(entry.interaction, count);
      by.status.add(status, count);
      by.source.add(source, count);
      by.number.add(number, count);
    }

    if (contacts.size < MOST_CONTACTS) {
      const numbers = run([{ $match: open }, { $group: { _id: contactOf(entry) } }]);
      for await (const { _id: value } of numbers) {
        // What an earlier erasure left of a number stands for nobody.
        if (sortStoredForm(value ?? '', prefixes) === 'blank') continue;
        contacts.add(readStoredNumber(value, prefixes) ?? String(value));
        if (contacts.size >= MOST_CONTACTS) break;
      }
    }

    for (const { path, category, type } of entry.fields) {
      if (category === 'visitor')
        sessions += await collection.countDocuments(allOf(open, { [path]: { $nin: [null, {}, ''] } } as Filter), {
          maxTimeMS: MOST_MS,
        });
      if (category !== 'tag') continue;
      const unwind = type === 'list' || type === 'any' ? [{ $unwind: `$${path}` }] : [];
      const rows = run([{ $match: open }, ...unwind, { $group: { _id: `$${path}`, count: { $sum: 1 } } }]);
      for await (const row of rows) {
        const blank = row._id === null || row._id === '';
        if (!blank) tags.add(row._id, { total: Number(row.count), redacted: 0 });
      }
    }
  }
  return {
    ...all,
    by_kind: by.kind.rows(),
    by_status: by.status.rows(),
    by_source: by.source.rows(),
    by_tracking_number: by.number.rows(),
    contacts: { count: contacts.size, at_least: contacts.size >= MOST_CONTACTS },
    sessions,
    by_tag: Object.fromEntries(Object.entries(tags.rows()).map(([tag, { total }]) => [tag, total])),
  };
}

/** What redaction keeps of a record, as a key to group by. */
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

/** Counts by value. A value of the records is a key here, and no word for an object to trip over. */
function createTally(): { add(value: unknown, count: Count): void; rows(): Record<string, Count> } {
  const counts = new Map<string, Count>();
  return {
    add(value, { total, redacted }) {
      const key = value === null || value === undefined ? UNKNOWN : String(value);
      const row = counts.get(key) ?? { total: 0, redacted: 0 };
      counts.set(key, { total: row.total + total, redacted: row.redacted + redacted });
    },
    // The largest first.
    rows() {
      const rows = [...counts].sort(([, one], [, other]) => other.total - one.total);
      const rest = rows.splice(MOST_ROWS);
      const told = Object.fromEntries(rows);
      // A value of the records may be that very word.
      for (const [, { total, redacted }] of rest) {
        const before = Object.hasOwn(told, OTHER) ? told[OTHER] : undefined;
        told[OTHER] = { total: total + (before?.total ?? 0), redacted: redacted + (before?.redacted ?? 0) };
      }
      return told;
    },
  };
}
