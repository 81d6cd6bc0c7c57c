import { describe, expect, it } from '@jest/globals';
import { createTokens } from '../../../src/base/keys/token.ts';
import {
  applyStrategy,
  isLeftBehind,
  isLeftBy,
  makesAlike,
  REDACTED_TEXT,
  REDACTED_WORD,
  type Replacements,
  STRATEGIES,
  type Strategy,
} from '../../../src/engine/map/strategies.ts';
import { numberSubject } from '../../../src/engine/subject.ts';
import { phoneNumber } from '../../support/numbers.ts';

const NUMBERS = ['447700900123', '447700900923', '442079460123', '442079460199', '441632960123', '441632960923'];
const NAMES = Object.keys(STRATEGIES) as (keyof typeof STRATEGIES)[];
const ALL: Strategy[] = [...NAMES, { replace: REDACTED_TEXT }, { replace: REDACTED_WORD }];
const OTHERS: Strategy[] = [{ replace: 'gone' }, { replace: '1234 567 8' }];
const CHANGING = [...ALL, ...OTHERS].filter((strategy) => strategy !== 'keep');

const tokens = createTokens({ currentId: 'k1', keys: new Map([['k1', Buffer.alloc(32, 7)]]) });
const people: Replacements[] = NUMBERS.map((digits) => {
  const number = phoneNumber(digits);
  return numberSubject(number, 'acc', tokens.current('acc', number));
});

/** What a number field holds afterwards; undefined for a field that is gone. */
const left = (strategy: Strategy, words: Replacements): unknown => {
  const change = applyStrategy(strategy, 'string', words);
  return typeof change === 'object' ? change.set : undefined;
};
const text = (value: unknown) => String(value ?? '');

describe('the strategies', () => {
  it.each(CHANGING)('%j: what it leaves of a number, it knows again', (strategy) => {
    for (const words of people) expect(isLeftBy(strategy, text(left(strategy, words)))).toBe(true);
  });

  it.each(ALL.filter((one) => one !== 'keep'))(
    '%j: what it leaves of a number is blank, and no likely number',
    (strategy) => {
      for (const words of people) expect(isLeftBehind(text(left(strategy, words)))).toBe(true);
    },
  );

  it.each(NAMES)('%s: takes no number for what it leaves', (strategy) => {
    for (const digits of NUMBERS) expect(isLeftBy(strategy, digits)).toBe(false);
  });

  it.each([...ALL, ...OTHERS])('%j: makes two people alike if it says so, and only then', (strategy) => {
    const byNumber = people.map((words) => JSON.stringify([left(strategy, words)]));
    const repeats = new Set(byNumber).size < byNumber.length;
    expect(strategy === 'keep' ? false : repeats).toBe(makesAlike(strategy, false));
    // Records chosen without a number get one word in place of mask and token.
    const word = { masked: REDACTED_TEXT, token: REDACTED_TEXT };
    expect(typeof applyStrategy(strategy, 'string', word) === 'object' || strategy === 'delete').toBe(
      makesAlike(strategy, true),
    );
  });
});
