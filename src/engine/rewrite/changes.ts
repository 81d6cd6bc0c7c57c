import type { Path } from './edits.ts';

/** What is to become of the value at one place. */
export type Action =
  | { readonly kind: 'set'; readonly value: unknown }
  /** The key goes; an element of an array is taken out. */
  | { readonly kind: 'remove' };

/** The changes of a document, by place: what is under a value that goes as a whole goes with it. */
export interface Changes {
  action?: Action;
  /** The key gets another name. */
  name?: string;
  readonly children: Map<string | number, Changes>;
}

export function noChanges(): Changes {
  return { children: new Map() };
}

/** Notes what becomes of a value. What was noted for it before stays, but for a removal, which is the strongest. */
export function note(changes: Changes, path: Path, action: Action): void {
  const place = changesAt(changes, path);
  if (place.action === undefined || action.kind === 'remove') place.action = action;
}

/** Notes that the key a path ends in gets another name. */
export function noteName(changes: Changes, path: Path, name: string): void {
  changesAt(changes, path).name ??= name;
}

function changesAt(changes: Changes, path: Path): Changes {
  let place = changes;
  for (const step of path) {
    let child = place.children.get(step);
    if (child === undefined) {
      child = noChanges();
      place.children.set(step, child);
    }
    place = child;
  }
  return place;
}

/** Does the value at the path change as a whole, by itself or with what it lies in? */
export function isCovered(changes: Changes, path: Path): boolean {
  let place: Changes | undefined = changes;
  for (const step of path) {
    place = place.children.get(step);
    if (place === undefined) return false;
    if (place.action !== undefined) return true;
  }
  return false;
}

/** Is the key the path ends in taken care of, by itself or with what it lies in? */
export function isKeyCovered(changes: Changes, path: Path): boolean {
  if (isCovered(changes, path.slice(0, -1))) return true;
  let place: Changes | undefined = changes;
  for (const step of path) place = place?.children.get(step);
  return place?.action?.kind === 'remove' || place?.name !== undefined;
}

/** The key after the change: a key that exists already gets a suffix. @param taken keys of the object; added to */
export function newKey(key: string, change: Changes | undefined, taken: Set<string>): string {
  const to = change?.name;
  if (to === undefined) return key;
  let name = to;
  for (let count = 2; taken.has(name); count += 1) name = `${to}-${count}`;
  taken.add(name);
  return name;
}
