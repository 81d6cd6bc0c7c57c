import { endOf, type Run } from './digit-runs.ts';

/** Quotes, white space, what is unseen, and the equals sign of a spreadsheet's `="0770.."`. */
const DIRT = String.raw`\s'"\u2018\u2019\u201c\u201d\u00ab\u00bb\x60=\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff`;

/** Words that channels, links and address books put before a number, with what parts them from it. */
const SCHEMES =
  '(?:whatsapp|viber|tel|phone|mobile|mob|cell|fax|sms|smsto|mms|mmsto|callto|sips?)(?::|=|%3a)(?:\\/\\/)?';
const LINKS = '(?:https?:\\/\\/)?(?:www\\.)?(?:wa\\.me\\/|api\\.whatsapp\\.com\\/send\\/?\\?phone=)';

/** Every repeat is bounded and no two of one kind stand side by side, so that a match is tried in bounded time. */
const BEFORE = new RegExp(
  `^[${DIRT}]{0,40}(?:[^<>\\d]{0,100}<)?(?:${SCHEMES}|${LINKS}|wab-)?[${DIRT}()+-]{0,40}(?:%(?:25)?2b)?$`,
  'i',
);
const AFTER = new RegExp(
  `^[${DIRT})]{0,40}(?:\\.0{1,6})?` +
    '(?:(?::\\d{1,5})?@(?!g\\.us|lid|broadcast|newsletter)[a-z0-9.-]{1,100}(?::\\d{1,5})?)?' +
    '(?:[;?][a-z-]{2,20}=[a-z0-9.-]{1,60}){0,5}' +
    '(?:[\\s,;]{0,3}(?:extension|ext|x|#)[.:=\\s]{0,3}\\d{1,6})?' +
    `[${DIRT})>]{0,40}$`,
  'i',
);

/** No wrapping is longer: a name in a SIP address, a provider's host. */
const LONGEST = 250;

/**
 * Says whether a text is one number and nothing else, when the number stands from `start` to `end`: what is around it
 * is white space, quotes, or the words of a channel (`whatsapp:`, `@c.us`, `Jo <sip:..@host>`, ` x123`, `.0`).
 */
export function isWhole(text: string, start: number, end: number): boolean {
  return (
    start <= LONGEST && text.length - end <= LONGEST && BEFORE.test(text.slice(0, start)) && AFTER.test(text.slice(end))
  );
}

/** A stretch of text, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const MOST_PLUSES = 4;

/**
 * Where a number of a run is written: from its plus, or an opening bracket whose partner lies inside, to its last digit.
 * @param from index of its first digit, `to` the index after its last
 */
export function writtenSpan(text: string, run: Run, from: number, to: number): Span {
  const exponent = run.exponent !== null && to === run.size && from <= run.exponent.from ? run.exponent.end : 0;
  const end = Math.max(endOf(text, run, to - 1), exponent);
  let start = run.places[from] ?? 0;
  const inside = text.slice(start, end);
  const closes = inside.indexOf(')');
  const opens = inside.indexOf('(');
  let unopened = closes !== -1 && (opens === -1 || closes < opens);

  for (let pluses = 0; start > 0; start -= 1) {
    const before = text[start - 1];
    if ((before === '+' || before === '\uff0b') && pluses < MOST_PLUSES) pluses += 1;
    else if (before === '(' && unopened) unopened = false;
    else break;
  }
  return { start, end };
}
