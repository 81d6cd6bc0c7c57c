import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type mongoose from 'mongoose';
import { Schema } from 'mongoose';
import { coalesce } from '../../lib/coalesce.ts';
import { randomText } from '../../lib/random-text.ts';
import { ACCOUNTS, type Account } from './accounts.ts';
import { ACCOUNT_SCOPES, type AccountScope } from './scopes.ts';

export const KEYS = 'lethe_keys';

/** A key of an account. The secret is shown once and kept as a digest. */
export interface ApiKey {
  /** The public half: what Basic calls the user, and what the audit calls "who". */
  readonly _id: string;
  readonly account_id: string;
  readonly label: string;
  /** SHA-256 of the secret. It has 256 random bits, so a slow hash would add nothing. */
  readonly digest: Buffer;
  readonly created_at: Date;
  readonly revoked_at?: Date;
  /** What it may do; without it all that a key may. */
  readonly scopes?: readonly AccountScope[];
  /** From then on it is refused. */
  readonly expires_at?: Date;
  /** When it was last used, to the minute. */
  readonly last_used_at?: Date;
}

const keySchema = new Schema<ApiKey>(
  {
    _id: { type: String, required: true },
    account_id: { type: String, required: true },
    label: { type: String, default: '', maxlength: 200 },
    digest: { type: Buffer, required: true },
    created_at: { type: Date, required: true },
    revoked_at: { type: Date },
    // [] is nothing at all, absent is everything a key may do.
    scopes: { type: [String], default: undefined },
    expires_at: { type: Date },
    last_used_at: { type: Date },
  },
  { collection: KEYS, versionKey: false },
);

const WHOLE_KEY = /^([A-Za-z0-9]{16})\.([A-Za-z0-9_-]{43})$/;

export interface Keys {
  /** @returns the key's row and the whole key `ID.SECRET`, which is never shown again; null for an unknown account */
  create(input: {
    account: string;
    label?: string;
    /** All that a key may have unless given. */
    scopes?: readonly AccountScope[];
    /** Never unless given. */
    expiresAt?: Date;
    now: Date;
  }): Promise<{ key: ApiKey; whole: string } | null>;
  list(account: string): Promise<ApiKey[]>;
  /** @returns the key; null when no live key had this id */
  revoke(id: string, now: Date): Promise<ApiKey | null>;
  /**
   * Whose key is it? Null for one that is malformed, unknown, wrong, revoked, expired or a disabled account's: the caller
   * cannot tell which. Notes the use, once a minute at most.
   */
  authenticate(
    id: string,
    secret: string,
    now?: Date,
  ): Promise<{ keyId: string; account: Account; scopes: readonly AccountScope[] } | null>;
}

/** Takes `ID.SECRET` apart. Null when it is not a key at all. */
export function readWholeKey(text: string): { id: string; secret: string } | null {
  const match = WHOLE_KEY.exec(text);
  return match?.[1] && match[2] ? { id: match[1], secret: match[2] } : null;
}

/** What a key may do. One made before there were scopes may do all that a key may; a scope that is none counts for nothing. */
export function scopesOf({ scopes }: Pick<ApiKey, 'scopes'>): AccountScope[] {
  return scopes === undefined ? [...ACCOUNT_SCOPES] : ACCOUNT_SCOPES.filter((one) => scopes.includes(one));
}

const digestOf = (secret: string) => createHash('sha256').update(secret).digest();

const USED_EVERY_MS = 60_000;
/** Keys whose last note is remembered by a process: beyond them a note may be written more often. */
const MOST_REMEMBERED = 10_000;

/** Notes that keys are used: a write a request would cost more than the request's own look. */
function createUseNotes(keys: () => mongoose.mongo.Collection<ApiKey>): (id: string, now: Date) => void {
  const noted = new Map<string, number>();
  return (id, now) => {
    const since = now.getTime() - (noted.get(id) ?? 0);
    if (since >= 0 && since < USED_EVERY_MS) return;
    noted.delete(id);
    noted.set(id, now.getTime());
    for (const [oldest] of noted) if (noted.size > MOST_REMEMBERED) noted.delete(oldest);
    const before = new Date(now.getTime() - USED_EVERY_MS);
    // Nobody waits for it. One that fails is written a minute later.
    keys()
      .updateOne(
        { _id: id, $or: [{ last_used_at: { $exists: false } }, { last_used_at: { $lte: before } }] },
        { $set: { last_used_at: now } },
      )
      .catch(() => {});
  };
}

export function createKeys(connection: mongoose.Connection): Keys {
  const model = connection.model('ApiKey', keySchema);
  const keys = () => model.collection as unknown as mongoose.mongo.Collection<ApiKey>;
  const noteUse = createUseNotes(keys);
  // Requests of one key that arrive side by side share a look. A look begins after all of them: a revoked key is refused.
  const findLive = coalesce<null, (ApiKey & { account: Account[] }) | undefined>(async (id, callers) => {
    // One round trip: the key and its account.
    const [row] = await keys()
      .aggregate<ApiKey & { account: Account[] }>([
        { $match: { _id: id, revoked_at: { $exists: false } } },
        { $lookup: { from: ACCOUNTS, localField: 'account_id', foreignField: '_id', as: 'account' } },
      ])
      .toArray();
    return callers.map(() => row);
  }, Number.POSITIVE_INFINITY);
  return {
    async create({ account, label = '', scopes, expiresAt, now }) {
      const owner = await connection.collection<Account>(ACCOUNTS).findOne({ _id: account });
      if (!owner) return null;
      const secret = randomBytes(32).toString('base64url');
      const key: ApiKey = {
        _id: randomText(16),
        account_id: account,
        label,
        digest: digestOf(secret),
        created_at: now,
        ...(scopes !== undefined && { scopes }),
        ...(expiresAt !== undefined && { expires_at: expiresAt }),
      };
      await model.create(key);
      return { key, whole: `${key._id}.${secret}` };
    },
    list: (account) => model.find({ account_id: account }).sort({ created_at: 1 }).lean<ApiKey[]>().exec(),
    revoke: (id, now) =>
      keys().findOneAndUpdate(
        { _id: String(id), revoked_at: { $exists: false } },
        { $set: { revoked_at: now } },
        { returnDocument: 'after' },
      ),
    async authenticate(id, secret, now = new Date()) {
      const row = await findLive(String(id), null);
      // Compared even for an unknown key, so that the time does not tell which ids exist.
      const given = digestOf(secret);
      const known = row
        ? Buffer.from((row.digest as unknown as mongoose.mongo.Binary).buffer ?? row.digest)
        : Buffer.alloc(given.length);
      const [account] = row?.account ?? [];
      const isRight = timingSafeEqual(given, known.length === given.length ? known : Buffer.alloc(given.length));
      if (!isRight || !row || !account) return null;
      if (account.disabled_at !== undefined || (row.expires_at !== undefined && row.expires_at <= now)) return null;
      noteUse(row._id, now);
      return { keyId: row._id, account, scopes: scopesOf(row) };
    },
  };
}
