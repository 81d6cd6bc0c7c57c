import type { FileHandle } from 'node:fs/promises';
import { storedForms } from '../../../phone/forms.ts';
import type { PhoneNumber } from '../../../phone/number.ts';

/** Says which of the numbers a text holds: one of them, or null. */
export type NumberSearch = (text: string) => PhoneNumber | null;

/**
 * Looks for several numbers at once, in every form a record may hold them in. Digits inside a longer digit string do not
 * match; a leading + or ' is ignored.
 * @throws TypeError without a number: such a search would find nothing, and every file would look clean
 */
export function searchFor(numbers: readonly PhoneNumber[]): NumberSearch {
  const owners = new Map<string, PhoneNumber>();
  for (const number of numbers) {
    const { strings, integers } = storedForms(number);
    for (const form of [...strings, ...integers.map(String)]) owners.set(form.replace(/^\+/, ''), number);
  }
  if (owners.size === 0) throw new TypeError('a number is needed for a search');
  const forms = [...owners.keys()].map((form) => form.replace(/[^0-9]/g, '\\$&'));
  const pattern = new RegExp(`(?<![0-9])(?:${forms.join('|')})(?![0-9])`);
  return (text) => owners.get(pattern.exec(text)?.[0] ?? '') ?? null;
}

/**
 * Searches a report's file in constant memory: at most a chunk and a record are held. No form of a number contains a
 * line break, so the text is searched up to the last line break.
 * @param file closed when this returns
 * @param isGivenUp asked before each chunk
 * @returns the number that was found first, null for none, undefined when the search was given up
 */
export async function findInFile(
  file: FileHandle,
  search: NumberSearch,
  isGivenUp: () => boolean,
): Promise<PhoneNumber | null | undefined> {
  let rest = '';
  // Forms are ASCII, and no byte of a longer UTF-8 character is.
  for await (const chunk of file.createReadStream({ encoding: 'latin1' }) as AsyncIterable<string>) {
    if (isGivenUp()) return undefined;
    const cut = chunk.lastIndexOf('\n') + 1;
    if (cut > 0) {
      const found = search(rest + chunk.slice(0, cut));
      if (found !== null) return found;
      rest = '';
    }
    rest += chunk.slice(cut);
  }
  return search(rest);
}
