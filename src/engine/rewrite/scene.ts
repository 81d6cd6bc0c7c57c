import type { Mention, NumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Replacements } from '../map/strategies.ts';
import { type Changes, noChanges } from './changes.ts';
import type { Path } from './edits.ts';
import { withJoined } from './joined.ts';
import { align, type Open, placeOf } from './places.ts';
import type { CollectionRules, EntryRules, Subjects } from './rules.ts';
import { createOpener, type Hit, walk } from './walk.ts';

export type Document = Readonly<Record<string, unknown>>;

/** One document under the rewriter: what is known of it, and what has been noted so far. */
export interface Scene {
  readonly document: Document;
  readonly rules: CollectionRules;
  /** The entries that are about it. */
  readonly entries: readonly EntryRules[];
  readonly matcher: NumberMatcher;
  readonly now: Date;
  readonly hits: readonly Hit[];
  readonly open: Open;
  /** @throws TypeError when the matcher finds a number that is not one of the subjects' */
  wordsFor(number: PhoneNumber): Replacements;
  /** Added to. */
  readonly changes: Changes;
  /** What has been done already, as many hits ask for the same; added to. */
  readonly done: Set<string>;
}

/** Reads a document. */
export function openScene(
  document: Document,
  rules: CollectionRules,
  subjects: Subjects,
  known: NumberMatcher,
  now: Date,
): Scene {
  const matcher = rules.ambiguous === 'erase' ? takingAll(known) : known;
  const open = createOpener();
  const entries = rules.entries.filter((entry) => entry.matches(document));
  return {
    document,
    rules,
    entries,
    matcher,
    now,
    open,
    hits: withJoined(walk(document, matcher, open), document, entries, matcher, open),
    wordsFor: (number) => {
      const words = subjects.get(number);
      if (words === undefined) throw new TypeError('a number was found that nobody looks for');
      return words;
    },
    changes: noChanges(),
    done: new Set(),
  };
}

const takers = new WeakMap<NumberMatcher, NumberMatcher>();

/** A matcher for which digits that may be two people's are those of the one who is looked for. */
function takingAll(matcher: NumberMatcher): NumberMatcher {
  const known = takers.get(matcher);
  if (known !== undefined) return known;
  const sure = (mentions: readonly Mention[]) =>
    mentions
      .filter((mention, index) => mention.sure || !mentions.slice(0, index).some(({ end }) => end > mention.start))
      .map((mention) => ({ ...mention, sure: true }));
  const taker: NumberMatcher = {
    ...matcher,
    find: (text) => sure(matcher.find(text)),
    findNumber: (decimal) => sure(matcher.findNumber(decimal)),
    findParts: (parts, code) => {
      const mentions = matcher.findParts(parts, code);
      return mentions && sure(mentions.slice(0, 1));
    },
  };
  takers.set(matcher, taker);
  return taker;
}

/** The `_id` cannot be changed, and the account's field must not be: the record would be nobody's. */
export function isFixed({ rules }: Scene, path: Path): boolean {
  return path[0] === '_id' || (rules.fixed ?? []).some((fixed) => align(path, placeOf(fixed)) !== undefined);
}
