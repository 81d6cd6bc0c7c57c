import { createNumberMatcher } from '../phone/matcher.ts';
import type { PhoneNumber } from '../phone/number.ts';
import { type Profile, wordsWithoutNumber } from './map/profile.ts';
import { type CollectionMap, nameOf } from './map/schema.ts';
import type { Rewrite } from './rewrite/edits.ts';
import { type Link, rewriteTheirs } from './rewrite/rewrite-theirs.ts';
import type { Document } from './rewrite/scene.ts';
import { wholeRulesFor } from './rewrite-rules.ts';

/** The rewriter asks whose words are to be written; a record that goes as a whole is nobody's. */
const NOBODY = '0' as PhoneNumber;
const NO_NUMBERS = createNumberMatcher([], []);

/**
 * What becomes of records that go whoever's numbers they hold: no number is known.
 * @param link the keys that say which records, or which of their elements, are meant
 */
export function wholeReader(
  entry: CollectionMap,
  profile: Profile,
  link: Pick<Link, 'field' | 'has'>,
  now: Date,
): (document: Document) => Rewrite {
  const rules = wholeRulesFor(entry, profile);
  const word = wordsWithoutNumber(profile);
  const words = { get: () => word };
  const whole: Link = { ...link, name: nameOf(entry), shared: entry.shared };
  return (document) => rewriteTheirs(document, rules, whole, NOBODY, words, NO_NUMBERS, now);
}
