import type mongoose from 'mongoose';
import { z } from 'zod';
import { appendLines, readLines, readLinesIfThere } from '../../lib/append-lines.ts';
import type { Head } from './chain.ts';
import { AUDIT_HEADS } from './entry.ts';

/** Entries as they stood at the end of a chain once: their macs by their places, by account. */
export type KeptHeads = ReadonlyMap<string, ReadonlyMap<number, string>>;

const line = z.object({ account: z.string(), entry: z.number().int().positive(), mac: z.string() });

/**
 * Keeps the ends of all chains in a file outside of the database: who can write to the database alone cannot cut off
 * what is kept there.
 * @returns appends the ends that have moved since, and says how many; throws what the file or the database throws
 */
export function createHeadKeeper(db: mongoose.mongo.Db, path: string, now: () => Date): () => Promise<number> {
  let known: Map<string, number> | undefined;
  return async () => {
    known ??= await lastPlaces(path);
    const moved: Head[] = [];
    for await (const head of db.collection<Head>(AUDIT_HEADS).find())
      if (head.mac && head.seq > (known.get(head._id) ?? 0)) moved.push(head);
    if (moved.length === 0) return 0;
    const at = now().toISOString();
    await appendLines(
      path,
      moved.map(({ _id: account, seq: entry, mac }) => JSON.stringify({ at, account, entry, mac })),
    );
    for (const { _id, seq } of moved) known.set(_id, seq);
    return moved.length;
  };
}

async function lastPlaces(path: string): Promise<Map<string, number>> {
  const places = new Map<string, number>();
  for await (const text of readLinesIfThere(path)) {
    const read = readLine(text);
    if (read) places.set(read.account, Math.max(read.entry, places.get(read.account) ?? 0));
  }
  return places;
}

/**
 * @param accounts whose ends are read; all of them without
 * @throws what reading the file throws
 */
export async function readKeptHeads(path: string, accounts?: ReadonlySet<string>): Promise<KeptHeads> {
  const kept = new Map<string, Map<number, string>>();
  for await (const text of readLines(path)) {
    const read = readLine(text);
    if (read === null || accounts?.has(read.account) === false) continue;
    const heads = kept.get(read.account) ?? new Map<number, string>();
    // The first word counts: whoever can append to the file cannot take back what stands in it.
    if (!heads.has(read.entry)) heads.set(read.entry, read.mac);
    kept.set(read.account, heads);
  }
  return kept;
}

function readLine(text: string): z.output<typeof line> | null {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    // What a crash has left of a line.
    return null;
  }
}
