import { expect } from '@jest/globals';
import mongoose from 'mongoose';
import { readPath } from '../../../../src/engine/map/paths.ts';
import { placesBeside } from '../../../../src/engine/map/places.ts';
import { REDACTED_TEXT } from '../../../../src/engine/map/strategies.ts';
import { mayHoldNumber } from '../../../../src/engine/rewrite/bson-walk.ts';
import type { Rewrite } from '../../../../src/engine/rewrite/edits.ts';
import { applyEdits } from '../../../../src/engine/rewrite/outcome.ts';
import { rewrite } from '../../../../src/engine/rewrite/rewrite.ts';
import type { CollectionRules, EntryRules, FieldRule } from '../../../../src/engine/rewrite/rules.ts';
import { maskNumber } from '../../../../src/phone/mask.ts';
import { createNumberMatcher, type NumberMatcher } from '../../../../src/phone/matcher.ts';
import type { PhoneNumber } from '../../../../src/phone/number.ts';

export const JO = '447700900123' as PhoneNumber;
export const AL = '447700900456' as PhoneNumber;
export const MASK = '44********23';
export const NOW = new Date('2026-11-25T10:00:00Z');

type Doc = Record<string, unknown>;
type Category = FieldRule['category'];

/** An entry in few words; what the forget profile makes of its fields. */
export interface EntryInWords
  extends Partial<Pick<EntryRules, 'name' | 'fate' | 'mark' | 'suppression' | 'scheduled' | 'matches' | 'ownNumber'>> {
  elements?: string;
  numbers: (string | { path: string; own?: boolean; strategy?: EntryRules['numbers'][number]['strategy'] })[];
  /** Field and category: `{ body: 'body' }`, or with more of a rule. */
  fields?: Record<string, Category | (Partial<Omit<FieldRule, 'path'>> & { category: Category })>;
}

const STRATEGIES: Partial<Record<Category, FieldRule['strategy']>> = {
  body: { replace: REDACTED_TEXT },
  transcript: { replace: REDACTED_TEXT },
  tag: 'empty',
};

function entryOf(words: EntryInWords): EntryRules {
  const { numbers, fields = {}, elements, fate = 'keep', ...rest } = words;
  const paths = numbers.map((number) => (typeof number === 'string' ? { path: number } : number));
  const inElements = (path: string) => path.slice(elements?.length ?? 0);
  const plain = paths.some(({ path }) => !inElements(path).includes('[]'));
  return {
    name: 'records',
    matches: () => true,
    ...rest,
    fate,
    ...(elements !== undefined && { elements: readPath(elements) }),
    numbers: paths.map(({ path, ...rule }) => ({
      own: fate === 'keep' || !plain || !inElements(path).includes('[]'),
      ...(fate === 'delete' && {
        unless: paths.filter((one) => one.own !== false && !one.path.includes('[]')).map((one) => readPath(one.path)),
      }),
      strategy: 'mask' as const,
      ...rule,
      path: readPath(path),
    })),
    fields: Object.entries(fields).map(([path, rule]) => {
      const more = typeof rule === 'string' ? { category: rule } : rule;
      const places = paths.map((one) => ({ path: one.path, templates: [], type: 'any' as const }));
      const field = { type: 'any' as const, onlyIfAlone: false, all: false, maskInText: false, anywhere: false };
      const beside = placesBeside({ numbers: places }, { ...field, ...more, path }).map(readPath);
      return { strategy: STRATEGIES[more.category] ?? 'clear', beside, ...more, path: readPath(path) };
    }),
  };
}

export function rulesOf(entries: EntryInWords[], more: Partial<CollectionRules> = {}): CollectionRules {
  return { name: 'records', unmapped: 'mask', entries: entries.map(entryOf), ...more };
}

const matchers = new Map<string, NumberMatcher>();

function matcherOf(people: readonly PhoneNumber[]): NumberMatcher {
  const matcher = matchers.get(people.join()) ?? createNumberMatcher(people, ['GB']);
  matchers.set(people.join(), matcher);
  return matcher;
}

/** Rewrites a document for some people (Jo alone unless given), and looks whether the walk over its bytes agrees. */
export function run(
  document: Doc,
  rules: CollectionRules,
  people: readonly PhoneNumber[] = [JO],
): Rewrite & { after: Doc } {
  const matcher = matcherOf(people);
  const subjects = new Map(
    people.map((number) => [number, { masked: maskNumber(number), token: `token-of-${number.slice(-3)}` }]),
  );
  const result = rewrite(document, rules, subjects, matcher, NOW);
  const isFound = result.found.length + result.failures.length + result.waiting.length > 0;
  const seen = mayHoldNumber(mongoose.mongo.BSON.serialize(document), matcher);
  if (isFound) expect(seen).toBe(true);
  return { ...result, after: applyEdits(document, result) };
}

/** What one entry makes of a document. */
export const outcomeOf = (document: Doc, entry: EntryInWords, more: Partial<CollectionRules> = {}): unknown => {
  const result = run(document, rulesOf([entry], more));
  return result.fate === 'deleted' ? 'deleted' : result.after;
};
