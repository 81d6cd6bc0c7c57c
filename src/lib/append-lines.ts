import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const NEW_LINE = '\n'.charCodeAt(0);

/** Appends lines to a file and sees them onto the disk. What a crash has left of a line stays a line of its own. */
export async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const text = (size > 0 && last[0] !== NEW_LINE ? '\n' : '') + lines.map((line) => `${line}\n`).join('');
    // One write: what others append at the same time comes before it or behind it.
    await file.write(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** The lines of a file. @throws what reading throws; `ENOENT` when there is no file */
export async function* readLines(path: string): AsyncGenerator<string> {
  const input = createReadStream(path);
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } finally {
    input.destroy();
  }
}

/** The lines of a file; none when there is no file. */
export async function* readLinesIfThere(path: string): AsyncGenerator<string> {
  try {
    yield* readLines(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
