import { z } from 'zod';
import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import { isMasked } from '../../phone/mask.ts';

/** What an erasure writes in place of a number. */
export interface Replacements {
  readonly masked: string;
  readonly token: string;
}

type ValueType = 'string' | 'list' | 'object' | 'any';

/** What becomes of a field: a value to set, the field's removal, or nothing. */
export type FieldChange = { readonly set: unknown } | 'unset' | 'keep';

/** All that the rest of Lethe knows of a strategy: the schema, the changes and check-map are derived from these. */
interface StrategyKind {
  /** @param type what the field holds, as the data map says */
  apply(type: ValueType, words: Replacements): FieldChange;
  /** Is this text in a number field what the strategy leaves there? Such a text is no number any more. */
  leaves(text: string): boolean;
  /**
   * Are two people's values alike once it was applied? A unique index then refuses the second.
   * @param isWordOnly records are chosen without a number: mask and token are one word for everybody
   */
  makesAlike(isWordOnly: boolean): boolean;
}

const isBlank = (text: string) => text.trim() === '';

/** Every strategy that takes no parameter, by its name in the data map. */
export const STRATEGIES = {
  mask: {
    apply: (_type, words) => ({ set: words.masked }),
    leaves: isMasked,
    makesAlike: () => true,
  },
  clear: {
    apply: () => ({ set: null }),
    leaves: isBlank,
    makesAlike: () => true,
  },
  /** The field keeps its type. */
  empty: {
    apply: (type) => ({ set: type === 'list' ? [] : type === 'object' ? {} : '' }),
    leaves: isBlank,
    makesAlike: () => true,
  },
  token: {
    apply: (_type, words) => ({ set: words.token }),
    leaves: (text) => TOKEN_SHAPE.test(text),
    makesAlike: (isWordOnly) => isWordOnly,
  },
  keep: {
    apply: () => 'keep',
    leaves: () => false,
    makesAlike: () => false,
  },
  delete: {
    apply: () => 'unset',
    leaves: isBlank,
    makesAlike: () => true,
  },
} as const satisfies Readonly<Record<string, StrategyKind>>;

const NAMES = Object.keys(STRATEGIES) as (keyof typeof STRATEGIES)[];

/** What may become of a field's value, as the data map says it. */
export const strategy = z.union([
  z.enum(NAMES),
  z.strictObject({
    replace: z
      .string()
      .max(200)
      .refine((text) => !/\d{5}/.test(text), 'must not hold a number'),
  }),
]);
export type Strategy = z.output<typeof strategy>;

/** The built-in profiles' words, also written in place of a mask or a token where no number is known. */
export const REDACTED_TEXT = '[REDACTED]';
/** The redact contract's word. */
export const REDACTED_WORD = 'REDACTED';

/** @returns what the strategy makes of one field */
export function applyStrategy(strategy: Strategy, type: ValueType, words: Replacements): FieldChange {
  return kindOf(strategy).apply(type, words);
}

/** Is this text in a number field what the strategy leaves there? */
export function isLeftBy(strategy: Strategy, text: string): boolean {
  return kindOf(strategy).leaves(text);
}

/** Is this text in a number field what some erasure leaves there, by any strategy or a built-in profile's word? */
export function isLeftBehind(text: string): boolean {
  return text === REDACTED_TEXT || text === REDACTED_WORD || NAMES.some((name) => STRATEGIES[name].leaves(text));
}

/** @see StrategyKind.makesAlike */
export function makesAlike(strategy: Strategy, isWordOnly: boolean): boolean {
  return kindOf(strategy).makesAlike(isWordOnly);
}

function kindOf(strategy: Strategy): StrategyKind {
  return typeof strategy === 'object' ? replacing(strategy.replace) : STRATEGIES[strategy];
}

/** A list stays a list. */
function replacing(text: string): StrategyKind {
  return {
    apply: (type) => ({ set: type === 'list' ? [text] : text }),
    leaves: (found) => found === text,
    makesAlike: () => true,
  };
}
