import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { CONFIG_NAMES } from '../src/base/config.ts';

/**
 * Puts the variables of a file into an environment, where that does not set them itself. No file: nothing happens.
 * @returns what is wrong with the file, in a line without a value; then nothing was put in
 */
export function loadEnvFile(path: string, env: NodeJS.ProcessEnv): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : `the file ${path} cannot be read`;
  }
  const twice = findTwice(text);
  if (twice.length > 0) return `the file ${path} sets a variable twice: ${twice.join(', ')}. Keep one line of each`;
  for (const [name, value] of Object.entries(parseEnv(text))) env[name] ??= value;
  return undefined;
}

/** A second line would win without a word, and what a first ring of keys made would not be found any more. */
function findTwice(text: string): string[] {
  const names = text.split(/\r?\n/).flatMap((line) => /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/.exec(line)?.[1] ?? []);
  return CONFIG_NAMES.filter((name) => names.filter((one) => one === name).length > 1);
}
