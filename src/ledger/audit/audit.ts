import type mongoose from 'mongoose';
import { coalesce } from '../../lib/coalesce.ts';
import { createChains, type Identified, identify, link, refusePlace } from './chain.ts';
import { AUDIT, type AuditEntry, type AuditEvent, type AuditSeal } from './entry.ts';
import { untilAppended } from './until-appended.ts';

export interface Audit {
  /**
   * Appends an event to its account's chain. Acts that come side by side are appended by one write. An event whose `once`
   * is there already is left as it is.
   */
  append(event: AuditEvent): Promise<void>;
  /**
   * As `append`, inside a transaction.
   * @param events one, or several of one account
   * @throws ChainBusy when the chain moved on meanwhile
   */
  appendWithin(events: AuditEvent | readonly AuditEvent[], session: mongoose.mongo.ClientSession): Promise<void>;
  /**
   * Appends an event whose counts are not known yet: takes our place in the chain first, since a long transaction could
   * lose it to a faster one and be repeated.
   * @returns writes the counts, in the same transaction
   * @throws ChainBusy as `appendWithin` does
   */
  beginWithin(
    event: Omit<AuditEvent, 'counts'>,
    session: mongoose.mongo.ClientSession,
  ): Promise<(counts: AuditEvent['counts']) => Promise<void>>;
}

const JOINED_AT_MOST = 200;
/** How long entries are tried for while other processes append to the same chain. */
const APPEND_MS = 8_000;

export function createAudit(db: mongoose.mongo.Db, seal: AuditSeal): Audit {
  const entries = db.collection<AuditEntry>(AUDIT);
  const chains = createChains(db, seal);

  const appendJoined = coalesce<AuditEvent, void>(async (account, events) => {
    const identified = identify(events);
    let repeated = false;
    await untilAppended(async () => {
      const fresh = await withoutRepeats(account, identified, repeated);
      if (fresh.length === 0) return;
      repeated = true;
      const chain = link(fresh, await chains.tip(account), seal);
      await entries.insertMany(chain, { ordered: true }).catch(refusePlace);
      await moveTo(chain);
    }, APPEND_MS);
    return events.map(() => undefined);
  }, JOINED_AT_MOST);

  const moveTo = async (chain: readonly AuditEntry[], session?: mongoose.mongo.ClientSession): Promise<void> => {
    const end = chain.at(-1);
    if (end) await chains.moveHead(end.account_id, end, session);
  };

  const insertWithin = async (chain: readonly AuditEntry[], session: mongoose.mongo.ClientSession): Promise<void> => {
    await entries.insertMany(chain, { session }).catch(refusePlace);
    await moveTo(chain, session);
  };

  /**
   * @param repeated are some of the entries there already? MongoDB inserts in groups: those before the one that was refused
   * stay
   */
  const withoutRepeats = async (
    account: string,
    events: readonly Identified[],
    repeated: boolean,
  ): Promise<Identified[]> => {
    const marks = events.flatMap(({ event }) => (event.once === undefined ? [] : [event.once]));
    const [known, written] = await Promise.all([
      marks.length === 0
        ? []
        : entries.find({ account_id: account, once: { $in: marks } }, { projection: { once: 1 } }).toArray(),
      repeated
        ? entries
            .find({ account_id: account, _id: { $in: events.map(({ _id }) => _id) } }, { projection: { _id: 1 } })
            .toArray()
        : [],
    ]);
    const seen = new Set(known.map((entry) => entry.once));
    const there = new Set(written.map(({ _id }) => _id.toHexString()));
    return events.filter(({ _id, event }) => {
      if (there.has(_id.toHexString())) return false;
      if (event.once === undefined) return true;
      const first = !seen.has(event.once);
      seen.add(event.once);
      return first;
    });
  };

  return {
    append: (event) => appendJoined(event.account, event),
    async appendWithin(events, session) {
      const all = [events].flat();
      const [first] = all;
      if (!first) return;
      if (all.some((event) => event.account !== first.account)) throw new TypeError('events of one account');
      await insertWithin(link(identify(all), await chains.tip(first.account, session), seal), session);
    },
    async beginWithin(event, session) {
      const tip = await chains.tip(event.account, session);
      const begun = link(identify([{ ...event, counts: {} }]), tip, seal);
      await insertWithin(begun, session);
      return async (counts) => {
        const chain = link(identify([{ ...event, counts }]), tip, seal);
        for (const { _id, ...entry } of chain)
          await entries.replaceOne({ account_id: event.account, seq: entry.seq }, entry, { session });
        await moveTo(chain, session);
      };
    },
  };
}
