import mongoose from 'mongoose';
import type { SealedPlace } from '../../base/keys/rewrap.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { FoundFile } from '../../engine/file-fields.ts';
import { coalesce } from '../../lib/coalesce.ts';
import type { Hold } from '../work/lease.ts';
import { newWork, type WorkRow } from '../work/row.ts';

export const FILES = 'lethe_files';

/** What took a file's reference out of a record: a request, or an erasure that was done at once. */
export interface FileOwner {
  /** Lethe's account. */
  readonly account: string;
  /** The request's reference, or the erasure's own: 15 letters or digits. */
  readonly reference: string;
}

/** A file still to be removed. It is here if, and only if, the record that referred to it has been changed. */
export interface FileRow extends WorkRow {
  readonly _id: mongoose.mongo.ObjectId;
  readonly reference: string;
  readonly where: string;
  /** The name or URL that the record held, sealed: files are named after numbers, too. */
  readonly file: string;
  /** The names that the file was found under, sealed; written before the first of them is removed. None: there is no file. */
  names?: string;
  readonly created_at: Date;
  /** Attempts that failed. */
  tries: number;
  /** What went wrong last, in a word. */
  fault?: string;
}

/** The files of one owner that are due: they share a job. */
export interface DueFiles extends FileOwner {
  /** The highest of its files'. */
  readonly generation: number;
  /** The last of its files' leases to end, long over or just so. */
  readonly lease?: { readonly until: Date };
}

export interface Outbox {
  /** Writes files down, in the transaction that takes their references out of the records. */
  add(owner: FileOwner, found: readonly FoundFile[], now: Date, session: mongoose.mongo.ClientSession): Promise<void>;
  /**
   * Takes files that are due, oldest first. Whoever is called takes them, leased or not: removing one twice does no
   * harm. The lease tells the relay that somebody is at it.
   */
  take(owner: FileOwner, now: Date, hold: Hold, limit: number): Promise<FileRow[]>;
  /**
   * Writes down what files were found under. Whoever goes on after a crash removes these: with the right file gone, a look
   * might find another one.
   */
  keepNames(found: ReadonlyMap<FileRow, readonly string[]>): Promise<void>;
  /** What was found; undefined: nobody has looked. @throws ErasureFailure `unsealable` */
  namesOf(row: FileRow): readonly string[] | undefined;
  /** Renews the lease on files that were taken. */
  renew(owner: FileOwner, hold: Hold): Promise<void>;
  /** Gives back files that were taken and are still there. */
  release(owner: FileOwner, hold: Hold): Promise<void>;
  /** Is a file of the owner left? Calls that come side by side are joined. */
  holds(owner: FileOwner): Promise<boolean>;
  /** The file of an owner that is due first, if any is left. */
  first(owner: FileOwner): Promise<FileRow | null>;
  /** @throws ErasureFailure `unsealable` */
  nameOf(row: FileRow): string;
  /** Takes files of one owner out that are gone. @returns how many this call has taken out */
  drop(owner: FileOwner, gone: readonly FileRow[]): Promise<number>;
  /** Notes a failed attempt. */
  postpone(row: FileRow, until: Date, fault: string): Promise<void>;
  /** The owners of files that are due at a moment and that nobody holds then. */
  due(now: Date, limit: number): Promise<DueFiles[]>;
  /** Is any file due, held or not? */
  isAnyDue(now: Date): Promise<boolean>;
  /**
   * Moves an owner's files to the next generation.
   * @param abandoned take the leases away, too
   * @returns false: another relay was faster
   */
  moveOn(due: DueFiles, abandoned: boolean): Promise<boolean>;
}

const JOINED_AT_MOST = 64;

const filesOf = ({ account, reference }: FileOwner) => ({ account_id: account, reference });
const heldBy = (owner: FileOwner, { lease }: Hold) => ({ ...filesOf(owner), 'lease.owner': lease.owner });
const itself = ({ account_id, reference, _id }: FileRow) => ({ account_id, reference, _id });
const contextOf = ({ _id, reference }: Pick<FileRow, '_id' | 'reference'>) => `${reference}:${_id.toHexString()}`;

/** Files still to be removed, as a place where sealed texts stand. */
export const SEALED_FILES: SealedPlace<FileRow> = {
  collection: FILES,
  filter: {},
  sealedIn: (row) => [
    { path: 'file', text: row.file, context: contextOf(row) },
    ...(row.names === undefined ? [] : [{ path: 'names', text: row.names, context: contextOf(row) }]),
  ],
};

export function createOutbox(db: mongoose.mongo.Db, seal: Seal): Outbox {
  const rows = db.collection<FileRow>(FILES);
  const holdsJoined = coalesce<string, boolean>(async (account, references) => {
    const held = await rows.distinct('reference', { account_id: account, reference: { $in: references } });
    return references.map((reference) => held.includes(reference));
  }, JOINED_AT_MOST);

  return {
    async add(owner, found, now, session) {
      if (found.length === 0) return;
      await rows.insertMany(
        found.map(({ where, reference: name }): FileRow => {
          const place = { ...filesOf(owner), _id: new mongoose.mongo.ObjectId() };
          const file = seal.closeText(name, contextOf(place));
          // Due at once: the job that removes them is not added before the transaction is committed.
          return { ...place, where, file, created_at: now, ...newWork(now, 0), tries: 0 };
        }),
        { session },
      );
    },
    async take(owner, now, { lease }, limit) {
      const due = await rows
        .find({ ...filesOf(owner), look_at: { $lte: now } })
        .sort({ look_at: 1 })
        .limit(limit)
        .toArray();
      if (due.length > 0) await rows.updateMany(among(owner, due), { $set: { lease } });
      return due;
    },
    async keepNames(found) {
      if (found.size === 0) return;
      await rows.bulkWrite(
        [...found].map(([row, names]) => ({
          updateOne: {
            filter: itself(row),
            update: { $set: { names: seal.closeText(JSON.stringify(names), contextOf(row)) } },
          },
        })),
      );
    },
    namesOf: (row) =>
      row.names === undefined ? undefined : (JSON.parse(seal.openText(row.names, contextOf(row))) as string[]),
    async renew(owner, hold) {
      const { 'lease.until': until } = hold.extend();
      await rows.updateMany(heldBy(owner, hold), { $set: { 'lease.until': until } });
    },
    async release(owner, hold) {
      await rows.updateMany(heldBy(owner, hold), { $unset: { lease: '' } });
    },
    holds: ({ account, reference }) => holdsJoined(account, reference),
    first: (owner) => rows.findOne(filesOf(owner), { sort: { look_at: 1 } }),
    nameOf: (row) => seal.openText(row.file, contextOf(row)),
    async drop(owner, gone) {
      return gone.length > 0 ? (await rows.deleteMany(among(owner, gone))).deletedCount : 0;
    },
    async postpone(row, until, fault) {
      await rows.updateOne(itself(row), { $set: { look_at: until, fault }, $inc: { tries: 1 } });
    },
    isAnyDue: async (now) => (await rows.findOne({ look_at: { $lte: now } }, { projection: { _id: 1 } })) !== null,
    async due(now, limit) {
      // The one query over all accounts.
      const owners = await rows
        .aggregate<{ _id: FileOwner; generation: number; until: Date | null }>([
          { $match: { look_at: { $lte: now } } },
          {
            $group: {
              _id: { account: '$account_id', reference: '$reference' },
              generation: { $max: '$generation' },
              until: { $max: '$lease.until' },
            },
          },
          { $match: { $or: [{ until: null }, { until: { $lte: now } }] } },
          { $limit: limit },
        ])
        .toArray();
      return owners.map(({ _id, generation, until }) => ({ ..._id, generation, ...(until && { lease: { until } }) }));
    },
    async moveOn({ generation, ...owner }, abandoned) {
      const moved = await rows.updateMany(
        { ...filesOf(owner), generation: { $lte: generation } },
        { $set: { generation: generation + 1 }, ...(abandoned && { $unset: { lease: '' } }) },
      );
      return moved.modifiedCount > 0;
    },
  };
}

function among(owner: FileOwner, some: readonly FileRow[]) {
  return { ...filesOf(owner), _id: { $in: some.map((row) => row._id) } };
}
