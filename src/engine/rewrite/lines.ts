import type { Mention } from '../../phone/matcher.ts';

/**
 * A text without the lines that mention a number. A line break within quotes, as uploaded lists (RFC 4180) have it, ends
 * no line.
 * @param mentions in the order in which they stand
 */
export function withoutLines(text: string, mentions: readonly Pick<Mention, 'start' | 'end'>[]): string {
  const ends = lineEnds(text);
  const kept: string[] = [];
  let start = 0;
  let next = 0;
  for (const end of ends) {
    while ((mentions[next]?.end ?? Number.POSITIVE_INFINITY) <= start) next += 1;
    const isMentioned = (mentions[next]?.start ?? Number.POSITIVE_INFINITY) < end;
    if (!isMentioned) kept.push(text.slice(start, end));
    start = end;
  }
  return kept.join('');
}

/** Where each line ends, its line break included. */
function lineEnds(text: string): number[] {
  const quoted = endsOutside(text);
  // Quotes that are never closed are no quotes of a list.
  return quoted ?? [...text.matchAll(/\r\n|\n|\r|$/g)].map(({ 0: line, index }) => index + line.length);
}

const BEFORE_QUOTE = new Set([undefined, '\n', '\r', ',', ';', '\t', '|']);

/** @returns undefined where a quote that begins a value is not closed */
function endsOutside(text: string): number[] | undefined {
  const ends: number[] = [];
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      if (!isQuoted) isQuoted = BEFORE_QUOTE.has(text[at - 1]);
      else if (text[at + 1] === '"') at += 1;
      else isQuoted = false;
    } else if (!isQuoted && (character === '\n' || (character === '\r' && text[at + 1] !== '\n'))) ends.push(at + 1);
  }
  if (isQuoted) return undefined;
  if (ends.at(-1) !== text.length) ends.push(text.length);
  return ends;
}
