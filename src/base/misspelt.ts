import { editDistance } from '../lib/edit-distance.ts';
import { CONFIG_NAMES } from './config.ts';

/** A variable that nothing reads, and the one that was probably meant. */
interface Misspelt {
  readonly variable: string;
  readonly meant: string;
}

/** Shorter names resemble too much that belongs to others, such as HOME or POST. */
const SHORTEST = 6;
/** Names from this length on may have two letters wrong. */
const LONG = 10;

/** Variables of an environment that nothing reads and whose names resemble one that is: their values are ignored. */
export function findMisspelt(env: NodeJS.ProcessEnv): Misspelt[] {
  return Object.keys(env)
    .filter((name) => !(CONFIG_NAMES as readonly string[]).includes(name))
    .flatMap((variable) => {
      const meant = CONFIG_NAMES.find((name) => resembles(variable, name));
      return meant === undefined ? [] : [{ variable, meant }];
    })
    .sort((one, other) => (one.variable < other.variable ? -1 : 1));
}

function resembles(variable: string, name: string): boolean {
  const [one, other] = [plain(variable), plain(name)];
  if (one === other) return true;
  if (other.length < SHORTEST) return false;
  return editDistance(one, other) <= (other.length < LONG ? 1 : 2);
}

/** Written as one word, without the project's name in front. */
const plain = (name: string) =>
  name
    .toUpperCase()
    .replaceAll(/[-_.]/g, '')
    .replace(/^LETHE/, '');
