import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type mongoose from 'mongoose';
import { PEOPLE, type Person, SESSIONS, type SessionRow } from './rows.ts';

type Db = mongoose.mongo.Db;

interface Session {
  readonly person: Person;
  readonly expiresAt: Date;
}

export interface Sessions {
  /** @returns the secret for the cookie, which is never shown again */
  open(person: Person, now: Date): Promise<{ secret: string; session: Session }>;
  /**
   * Whose session is it? Null for one that is unknown, ended or idle, and when its person is disabled.
   * @param active false: asked by a page that looks by itself; the session counts as idle nevertheless
   */
  find(secret: string, now: Date, active: boolean): Promise<Session | null>;
  end(secret: string): Promise<void>;
}

const SECRET = /^[A-Za-z0-9_-]{43}$/;
/** How exactly `seen_at` is kept: not every request is a write. */
const SEEN_EVERY_MS = 60_000;

const digestOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

/**
 * The token that every write of a session carries: made of the cookie's secret, which no other page can read.
 * @returns base64url
 */
export function csrfTokenOf(secret: string): string {
  return createHmac('sha256', secret).update('lethe csrf').digest('base64url');
}

export function isCsrfToken(secret: string, given: string | undefined): boolean {
  const [right, shown] = [Buffer.from(csrfTokenOf(secret)), Buffer.from(given ?? '')];
  return right.length === shown.length && timingSafeEqual(right, shown);
}

/**
 * @param limits how long a session lives without a request, and altogether
 */
export function createSessions(db: Db, limits: { readonly idleMs: number; readonly longestMs: number }): Sessions {
  const sessions = db.collection<SessionRow>(SESSIONS);
  const nearer = (now: Date, expiresAt: Date) => new Date(Math.min(now.getTime() + limits.idleMs, expiresAt.getTime()));
  return {
    async open(person, now) {
      const secret = randomBytes(32).toString('base64url');
      const expires_at = new Date(now.getTime() + limits.longestMs);
      await sessions.insertOne({
        _id: digestOf(secret),
        person_id: person._id,
        created_at: now,
        seen_at: now,
        ends_at: nearer(now, expires_at),
        expires_at,
      });
      return { secret, session: { person, expiresAt: expires_at } };
    },
    async find(secret, now, active) {
      if (!SECRET.test(secret)) return null;
      const _id = digestOf(secret);
      // One round trip: the session and its person, as they stand now.
      const [row] = await sessions
        .aggregate<SessionRow & { person: Person[] }>([
          { $match: { _id, ends_at: { $gt: now } } },
          { $lookup: { from: PEOPLE, localField: 'person_id', foreignField: '_id', as: 'person' } },
        ])
        .toArray();
      const person = row?.person[0];
      if (!row || !person || person.disabled_at !== undefined) return null;
      if (active && now.getTime() - row.seen_at.getTime() >= Math.min(SEEN_EVERY_MS, limits.idleMs / 4))
        await sessions.updateOne({ _id }, { $set: { seen_at: now, ends_at: nearer(now, row.expires_at) } });
      return { person, expiresAt: row.expires_at };
    },
    async end(secret) {
      if (SECRET.test(secret)) await sessions.deleteOne({ _id: digestOf(secret) });
    },
  };
}
