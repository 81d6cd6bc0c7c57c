/** A path of the data map, taken apart at its arrays: `contacts[].number` -> `[['contacts'], ['number']]`. */
export interface FieldPath {
  /** As the map writes it: `contacts[].number`. */
  readonly text: string;
  /** As MongoDB queries it: `contacts.number`. */
  readonly dotted: string;
  /** The dotted pieces between arrays; one piece: no array on the way. The last is '' for an array of plain values. */
  readonly pieces: readonly string[];
}

/** Takes a path of the data map apart. */
export function readPath(text: string): FieldPath {
  const pieces = text.split('[]').map((piece) => piece.replace(/^\./, ''));
  return { text, dotted: text.replaceAll('[]', ''), pieces };
}

/** In a path of the map: every key of an object. */
export const KEY = '{key}';

/** The innermost array a path goes through, `''` for none: `contacts[].number` -> `contacts[]`. */
export function arrayOf(text: string): string {
  return text.includes('[]') ? text.slice(0, text.lastIndexOf('[]') + 2) : '';
}

/** Does the path go through an array? */
export function throughArray(path: FieldPath): boolean {
  return path.pieces.length > 1;
}

/** The first value at a path of the map, through whatever arrays are on the way; undefined where there is none. */
export function firstAt(record: unknown, { dotted }: Pick<FieldPath, 'dotted'>): unknown {
  return valuesAlong(record, dotted.split('.')).find((value) => value !== undefined);
}

/** Every value at some names, through whatever arrays are on the way. */
export function valuesAlong(value: unknown, names: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((element) => valuesAlong(element, names));
  const [name, ...rest] = names;
  if (name === undefined) return [value];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
  return valuesAlong((value as Record<string, unknown>)[name], rest);
}

/** The value at a dotted path; undefined when the path cannot be followed to its end. */
export function valueAt(record: unknown, dotted: string): unknown {
  if (dotted === '') return record;
  return dotted.split('.').reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    return (value as Record<string, unknown>)[name];
  }, record);
}
