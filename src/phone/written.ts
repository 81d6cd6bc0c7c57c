import { withoutTags } from './characters.ts';
import { digitsOf, GAP, type Run } from './digit-runs.ts';
import type { Written } from './interpret.ts';

/** Takes the digits of a run from one index to before another as one written number. */
export function writtenIn(text: string, run: Run, from: number, to: number): Written {
  return {
    digits: digitsOf(run, from, to),
    plus: ((run.gaps[from] ?? 0) & GAP.plus) !== 0,
    bracket: bracketIn(text, run, from, to),
    grouped334: isGrouped334(run, from, to),
    numeric: run.exponent !== null && run.exponent.from === from && to === run.size,
  };
}

/** The first pair of brackets around some of the digits. One around all of them says nothing about the number. */
function bracketIn(text: string, run: Run, from: number, to: number): Written['bracket'] {
  let opened = from;
  let before = gapBefore(text, run, from);
  for (let at = from + 1; at < to; at += 1) {
    if ((run.gaps[at] ?? 0) === 0) continue;
    const between = gapBefore(text, run, at);
    const closes = between.search(/[)\]\uff09]/);
    const opens = between.search(/[([\uff08]/);
    if (closes !== -1 && (opens === -1 || closes < opens) && /[([\uff08]/.test(before)) {
      return { before: opened - from, inside: at - opened };
    }
    if (opens !== -1) {
      before = between;
      opened = at;
    }
  }
  return null;
}

const WIDEST = 24;
const LONGEST_TAGS = 600;

/** What stands before a digit, back to the one before it; never more than a gap is wide. */
function gapBefore(text: string, run: Run, at: number): string {
  const place = run.places[at] ?? 0;
  const previous = at === 0 ? -1 : (run.places[at - 1] ?? 0);
  const gap = text.slice(Math.max(previous + 1, place - WIDEST), place);
  return gap.includes('>') ? withoutTags(text.slice(Math.max(previous + 1, place - LONGEST_TAGS), place)) : gap;
}

function isGrouped334(run: Run, from: number, to: number): boolean {
  if (to - from !== 10) return false;
  for (let at = 1; at < 10; at += 1) {
    if (((run.gaps[from + at] ?? 0) !== 0) !== (at === 3 || at === 6)) return false;
  }
  return true;
}
