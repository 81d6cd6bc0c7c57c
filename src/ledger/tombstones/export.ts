import type mongoose from 'mongoose';
import { z } from 'zod';
import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import type { TombstoneStore } from './store.ts';
import { type Tombstone, tombstonesOf } from './tombstones.ts';

/** Tombstones written down at once. */
const AT_ONCE = 500;

/** A line of the export. Fields of later versions are left alone. */
const line = z.object({
  v: z.literal(1),
  account: z.string().min(1),
  token: z.string().regex(TOKEN_SHAPE),
  reference: z.string().min(1),
  cut_off: z.iso.datetime().transform((text) => new Date(text)),
  suppressed: z.boolean(),
});

/**
 * Writes down outside of the database what was not yet. Killed in between, it writes the same again: readers take one
 * tombstone a request.
 * @returns how many
 * @throws what the store or the database throws
 */
export async function exportTombstones(db: mongoose.mongo.Db, store: TombstoneStore): Promise<number> {
  let written = 0;
  for (;;) {
    const rows = await tombstonesOf(db).find({ unexported: true }).limit(AT_ONCE).toArray();
    if (rows.length === 0) return written;
    await store.add(
      rows.map(({ account_id: account, token, reference, cut_off, suppressed }) =>
        JSON.stringify({ v: 1, account, token, reference, cut_off: cut_off.toISOString(), suppressed }),
      ),
    );
    await tombstonesOf(db).updateMany({ _id: { $in: rows.map(({ _id }) => _id) } }, { $unset: { unexported: '' } });
    written += rows.length;
  }
}

/** Everything that was written down, one a request; and how many lines are none. */
export async function readExported(store: TombstoneStore): Promise<{ all: Tombstone[]; unreadable: number }> {
  const all = new Map<string, Tombstone>();
  let unreadable = 0;
  for await (const text of store.read()) {
    if (text.trim() === '') continue;
    const tombstone = readLine(text);
    if (tombstone === null) unreadable += 1;
    else all.set(`${tombstone.account_id} ${tombstone.reference}`, tombstone);
  }
  return { all: [...all.values()], unreadable };
}

function readLine(text: string): Tombstone | null {
  try {
    const { account, token, reference, cut_off, suppressed } = line.parse(JSON.parse(text));
    return { account_id: account, token, reference, cut_off, suppressed };
  } catch {
    return null;
  }
}
