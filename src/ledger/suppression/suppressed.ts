import { createHash } from 'node:crypto';
import mongoose from 'mongoose';
import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import { allOf } from '../../engine/filter.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { ownerFilter } from '../../engine/owner.ts';
import type { AccountValue, Subject } from '../../engine/subject.ts';
import { isSpeakable } from '../../phone/hide-digits.ts';
import { byNumber, byToken, readList, SUPPRESSION_REASON } from './list.ts';

type Db = mongoose.mongo.Db;
type Session = mongoose.mongo.ClientSession;
type Row = mongoose.mongo.WithId<mongoose.mongo.Document>;

/** One row of the suppression list, without the number. */
export interface Suppressed {
  /** Tells rows apart, and is nothing else: the platform's own id may be the number. */
  readonly id: string;
  readonly masked: string | null;
  readonly since: Date | null;
  /** `gdpr_forget` for a row of Lethe's; else what the platform says, or `platform`. */
  readonly why: string;
  /** Stands for the number; null for a row of the platform's own. */
  readonly token: string | null;
  /** Where the next page begins. */
  readonly at: Row['_id'];
}

export interface SuppressedRows {
  /** The rows of an account that Lethe keeps, newest first. @param page.after the `at` of the last one that was seen */
  list(account: AccountValue, page: { limit: number; after?: unknown }): Promise<Suppressed[]>;
  /** The row of one number: Lethe's if there is one, else the platform's own. */
  find(subject: Subject, tokens: readonly string[]): Promise<Suppressed | null>;
  /** Takes Lethe's rows of a number off the list. @returns how many */
  remove(subject: Subject, tokens: readonly string[], session: Session): Promise<number>;
}

/** A page is sorted by the database: it must not take all of its time. */
const LONGEST_MS = 10_000;

export function createSuppressedRows(db: Db, map: DataMap): SuppressedRows {
  const list = readList(db, map);
  const { entry, collection } = list;
  return {
    async list(account, { limit, after }) {
      const kept = { token: { $gt: '' }, masked: { $exists: true } };
      const older = after === undefined ? {} : { _id: { $lt: after as Row['_id'] } };
      const rows = await collection
        .find(allOf(ownerFilter(entry, account), { ...kept, ...older }), { maxTimeMS: LONGEST_MS })
        .sort({ _id: -1 })
        .limit(limit)
        .toArray();
      return rows.map(readRow);
    },
    async find(subject, tokens) {
      const row =
        (await collection.findOne(byToken(entry, subject, tokens))) ??
        (await collection.findOne(byNumber(list, subject)));
      return row && readRow(row);
    },
    remove: async (subject, tokens, session) =>
      (await collection.deleteMany(byToken(entry, subject, tokens), { session })).deletedCount,
  };
}

function readRow(row: Row): Suppressed {
  const { _id, masked, created_at, reason, token } = row;
  const isOwn = typeof token === 'string' && TOKEN_SHAPE.test(token);
  return {
    id: createHash('sha256').update(mongoose.mongo.BSON.EJSON.stringify(_id)).digest('base64url').slice(0, 16),
    // The platform may have a field of this name, with anything in it.
    masked: isOwn && typeof masked === 'string' && isSpeakable(masked) ? masked : null,
    since: created_at instanceof Date ? created_at : null,
    why: isText(reason) ? reason : isOwn ? SUPPRESSION_REASON : 'platform',
    token: isOwn ? token : null,
    at: _id,
  };
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 200 && isSpeakable(value);
