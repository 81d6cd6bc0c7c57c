import { readFileSync } from 'node:fs';

/** Two folders above this file in a checkout, one further up where it was built into `dist`. */
const MANIFESTS = ['../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url));

/**
 * The version in Lethe's package.json.
 * @throws Error when there is none
 */
export function readVersion(): string {
  for (const manifest of MANIFESTS) {
    const text = readTextIfThere(manifest);
    if (text !== null) return (JSON.parse(text) as { version: string }).version;
  }
  throw new Error('package.json is missing');
}

function readTextIfThere(file: URL): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
