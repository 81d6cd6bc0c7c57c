import type { Run } from './digit-runs.ts';
import type { Reading, Written } from './interpret.ts';
import type { Head, Needle } from './needles.ts';
import { judgeSurroundings } from './surroundings.ts';
import { writtenIn } from './written.ts';

/** What one look at a possible mention comes to. */
export type Verdict = 'sure' | 'unsure' | 'other';

/** A possible mention, by the indexes of digits in a run. */
export interface Candidate {
  readonly from: number;
  readonly to: number;
  /** Where the national digits begin. */
  readonly at: number;
  readonly head: Head;
  readonly needle: Needle;
}

/** Whose the digits of a possible mention are, by themselves and by what is around them. */
export function judge(text: string, run: Run, candidate: Candidate, read: (written: Written) => Reading): Verdict {
  const { from, to } = candidate;
  const written = writtenIn(text, run, from, to);
  const own = verdictOn(written, candidate, read);
  if (own === 'other') return own;
  const around = judgeSurroundings(text, run, candidate, written, read);
  return around === 'sure' ? own : around;
}

/** A number that no plan knows is itself in its international digits, unless these are somebody else's. */
function verdictOn(
  written: Written,
  { head, needle: { reads, isPossible } }: Candidate,
  read: (written: Written) => Reading,
): Verdict {
  if (!isPossible && written.plus && written.digits === reads) return 'sure';
  const reading = read(written);
  if (reading.kind === 'number') return reading.number === reads ? 'sure' : 'other';
  if (reading.kind === 'ambiguous') return reading.numbers.includes(reads) ? 'unsure' : 'other';
  return isPossible && head.isUnknown !== true ? 'other' : 'sure';
}
