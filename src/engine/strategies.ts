import type { Strategy } from './map/categories.ts';

/** The words an erasure writes in place of a person's data. */
export interface Replacements {
  readonly masked: string;
  readonly token: string;
}

type ValueType = 'string' | 'list' | 'object' | 'any';

/** What becomes of a field: a value to set, the field's removal, or nothing. */
export type FieldChange = { readonly set: unknown } | 'unset' | 'keep';

/**
 * What a strategy makes of one field.
 * @param type what the field holds, as the data map says: `replace` keeps a list a list, `empty` keeps the type
 */
export function applyStrategy(strategy: Strategy, type: ValueType, words: Replacements): FieldChange {
  if (typeof strategy === 'object') return { set: type === 'list' ? [strategy.replace] : strategy.replace };
  switch (strategy) {
    case 'mask':
      return { set: words.masked };
    case 'token':
      return { set: words.token };
    case 'clear':
      return { set: null };
    case 'empty':
      return { set: type === 'list' ? [] : type === 'object' ? {} : '' };
    case 'delete':
      return 'unset';
    case 'keep':
      return 'keep';
  }
}
