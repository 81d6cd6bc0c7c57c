import mongoose from 'mongoose';
import type { Seal } from '../../base/keys/seal.ts';
import type { FoundFile } from '../../engine/file-fields.ts';
import { coalesce } from '../../lib/coalesce.ts';

export const FILES = 'lethe_files';

/** What took a file's reference out of a record: a request, or an act that was done at once. */
export interface FileAct {
  /** Lethe's account. */
  readonly account: string;
  /** The request's reference, or the act's own: 15 letters or digits. */
  readonly act: string;
}

/** A file still to be removed. It is here if, and only if, the record that referred to it has been changed. */
export interface FileRow {
  readonly _id: mongoose.mongo.ObjectId;
  readonly account_id: string;
  readonly act: string;
  readonly where: string;
  /** The reference, sealed: files are named after numbers, too. */
  readonly file: string;
  readonly created_at: Date;
  /** No attempt before this moment. */
  not_before: Date;
  /** Attempts that failed. */
  tries: number;
  /** What went wrong last, in a word. */
  fault?: string;
}

export interface Outbox {
  /** Writes files down, in the transaction that takes their references out of the records. */
  add(act: FileAct, found: readonly FoundFile[], now: Date, session: mongoose.mongo.ClientSession): Promise<void>;
  /** The files of an act that are due, oldest first. */
  due(act: FileAct, now: Date, limit: number): Promise<FileRow[]>;
  /** Is a file of the act left? Calls of acts that end side by side are joined. */
  holds(act: FileAct): Promise<boolean>;
  /** The file of an act that is due first, if any is left. */
  first(act: FileAct): Promise<FileRow | null>;
  /** @throws ErasureFailure `unsealable` */
  referenceOf(row: FileRow): string;
  /** Takes files of one act out that are gone. */
  drop(act: FileAct, gone: readonly FileRow[]): Promise<void>;
  /** Notes a failed attempt. */
  postpone(row: FileRow, until: Date, fault: string): Promise<void>;
  /** The acts with files that are due. */
  dueActs(now: Date, limit: number): Promise<FileAct[]>;
}

const JOINED_AT_MOST = 64;

export function createOutbox(db: mongoose.mongo.Db, seal: Seal): Outbox {
  const rows = db.collection<FileRow>(FILES);
  const contextOf = ({ _id, act }: Pick<FileRow, '_id' | 'act'>) => `${act}:${_id.toHexString()}`;
  const ofAct = ({ account, act }: FileAct) => ({ account_id: account, act });
  const itself = ({ account_id, act, _id }: FileRow) => ({ account_id, act, _id });
  const holdsJoined = coalesce<string, boolean>(async (account, acts) => {
    const held = await rows.distinct('act', { account_id: account, act: { $in: acts } });
    return acts.map((act) => held.includes(act));
  }, JOINED_AT_MOST);

  return {
    async add({ account, act }, found, now, session) {
      if (found.length === 0) return;
      await rows.insertMany(
        found.map(({ where, reference }): FileRow => {
          const _id = new mongoose.mongo.ObjectId();
          return {
            _id,
            account_id: account,
            act,
            where,
            file: seal.closeText(reference, contextOf({ _id, act })),
            created_at: now,
            not_before: now,
            tries: 0,
          };
        }),
        { session },
      );
    },
    due: (act, now, limit) =>
      rows
        .find({ ...ofAct(act), not_before: { $lte: now } })
        .sort({ not_before: 1 })
        .limit(limit)
        .toArray(),
    holds: ({ account, act }) => holdsJoined(account, act),
    first: (act) => rows.findOne(ofAct(act), { sort: { not_before: 1 } }),
    referenceOf: (row) => seal.openText(row.file, contextOf(row)),
    async drop(act, gone) {
      if (gone.length > 0) await rows.deleteMany({ ...ofAct(act), _id: { $in: gone.map((row) => row._id) } });
    },
    async postpone(row, until, fault) {
      await rows.updateOne(itself(row), { $set: { not_before: until, fault }, $inc: { tries: 1 } });
    },
    async dueActs(now, limit) {
      // The one query over all accounts.
      const acts = await rows
        .aggregate<{ _id: { account: string; act: string } }>([
          { $match: { not_before: { $lte: now } } },
          { $group: { _id: { account: '$account_id', act: '$act' } } },
          { $limit: limit },
        ])
        .toArray();
      return acts.map((one) => one._id);
    },
  };
}
