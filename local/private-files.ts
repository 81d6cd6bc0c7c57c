import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';

/** Makes a folder that only its owner can enter. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Writes a file that only its owner can read; one that was there is replaced whole. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text, { mode: 0o600, flag: 'w' });
  await rename(draft, file);
}

/**
 * Writes variables as a file for `node --env-file` that only its owner can read.
 * @param variables without line breaks
 */
export async function writeEnvFile(file: string, variables: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(variables).map(([name, value]) => {
    const quote = ["'", '"', '`'].find((one) => !value.includes(one));
    if (quote === undefined) throw new Error(`${name} cannot be written into a file of variables`);
    return `${name}=${quote}${value}${quote}\n`;
  });
  await writePrivateFile(file, lines.join(''));
}

/** The text of a file, or null when there is none. */
export async function readFileIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
