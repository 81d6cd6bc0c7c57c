import type { Reply } from './wire.ts';

/**
 * Remembers the last retryable write of each session (MongoDB's retryable-writes specification): a driver that lost its
 * connection sends the same write with the same transaction number again, and must get the first one's answer, not a
 * second effect. Kept in memory: a write whose answer was lost together with the gateway itself may apply twice.
 */
export interface Retries {
  /** Runs the write, or answers as it was answered before. A write that failed as a command may run again. */
  once(session: string, number: bigint, write: () => Promise<Reply>): Promise<Reply>;
  endSession(session: string): void;
}

/** A driver has about as many sessions as writes in flight. */
const REMEMBERED = 2_000;
/** Larger answers (a modified document) are not worth keeping: bytes. */
const LARGEST = 65_536;

export function createRetries(): Retries {
  const latest = new Map<string, { number: bigint; reply: Promise<Reply> }>();
  return {
    once: (session, number, write) => {
      const known = latest.get(session);
      if (known?.number === number) return known.reply;
      const entry = { number, reply: write() };
      entry.reply.then(
        (reply) => {
          if (!Buffer.isBuffer(reply)) return;
          if (reply.length > LARGEST) latest.delete(session);
          // A copy, so that the whole chunk the answer came in can go.
          else entry.reply = Promise.resolve(Buffer.from(reply));
        },
        () => {
          if (latest.get(session) === entry) latest.delete(session);
        },
      );
      latest.delete(session);
      latest.set(session, entry);
      if (latest.size > REMEMBERED) {
        const oldest = latest.keys().next();
        if (!oldest.done) latest.delete(oldest.value);
      }
      return entry.reply;
    },
    endSession: (session) => {
      latest.delete(session);
    },
  };
}
