import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Identity, isAlive, self } from './identity.ts';

/** What a lock file says: who holds it, and whatever the holder noted beside that. */
export interface LockRecord<Note> {
  readonly owner: Identity;
  /** Tells this taking of the lock from any other, also one by the same process. */
  readonly id: string;
  readonly note: Note;
}

export interface Lock<Note> {
  /** Replaces the note beside the owner, whole. Does nothing once somebody else has the lock. */
  write(note: Note): Promise<void>;
  /** Gives the lock up. Does nothing once somebody else has it. */
  release(): Promise<void>;
}

/** Reads a lock file; null when there is none, or one that no holder wrote. */
export async function readLock<Note>(path: string): Promise<LockRecord<Note> | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockRecord<Note>;
  } catch {
    return null;
  }
}

/**
 * Takes an exclusive lock on a path, across processes, or says who has it.
 *
 * `isHeld` decides whether an existing record still counts; a record that does not is moved away first. The file appears
 * whole or not at all (link, not open and write), so a reader never sees half a record.
 *
 * @returns the lock, or the record of the present holder.
 */
export async function takeLock<Note>(
  path: string,
  note: Note,
  isHeld: (record: LockRecord<Note>) => Promise<boolean>,
): Promise<{ lock: Lock<Note> } | { held: LockRecord<Note> }> {
  await mkdir(dirname(path), { recursive: true });
  const owner = await self();
  const id = randomBytes(8).toString('hex');
  const unique = () => `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  for (;;) {
    const fresh = unique();
    await writeFile(fresh, JSON.stringify({ owner, id, note }));
    try {
      await link(fresh, path);
      return { lock: holdLock(path, { owner, id, note }, unique) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      await rm(fresh, { force: true });
    }
    const before = await readFile(path, 'utf8').catch(() => null);
    if (before === null) continue;
    const held = await readLock<Note>(path);
    if (held && (await isHeld(held))) return { held };
    // Another process may have replaced the stale record between the look and this move: then it is put back.
    const aside = unique();
    const moved = await rename(path, aside).then(
      () => true,
      () => false,
    );
    if (moved && (await readFile(aside, 'utf8')) !== before) await link(aside, path).catch(() => {});
    await rm(aside, { force: true });
  }
}

/** The usual test of a lock record: its owner is a live process. */
export async function ownerIsAlive(record: LockRecord<unknown>): Promise<boolean> {
  return isAlive(record.owner);
}

function holdLock<Note>(path: string, record: LockRecord<Note>, unique: () => string): Lock<Note> {
  const isMine = async () => (await readLock(path))?.id === record.id;
  return {
    write: async (note) => {
      if (!(await isMine())) return;
      const temporary = unique();
      await writeFile(temporary, JSON.stringify({ ...record, note }));
      await rename(temporary, path);
    },
    release: async () => {
      if (await isMine()) await rm(path, { force: true });
    },
  };
}
