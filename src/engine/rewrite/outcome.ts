import { isDeepStrictEqual } from 'node:util';
import { type Changes, newKey, noChanges, note, noteName } from './changes.ts';
import { type Edit, type Path, type Pull, REMOVED, type Rename, type Rewrite } from './edits.ts';
import { spliceJson } from './json.ts';
import { childOf, isPlainObject } from './values.ts';

/** The value with its changes; what does not change is shared with the old one. */
function applyChanges(value: unknown, changes: Changes | undefined): unknown {
  if (changes === undefined) return value;
  if (changes.action?.kind === 'set') return changes.action.value;
  if (changes.children.size === 0) return value;
  if (Array.isArray(value))
    return value.flatMap((element, index) => {
      const change = changes.children.get(index);
      return change?.action?.kind === 'remove' ? [] : [applyChanges(element, change)];
    });
  if (typeof value === 'string') return spliceJson(value, changes);
  if (!isPlainObject(value)) return value;
  const taken = new Set(Object.keys(value));
  const kept = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const change = changes.children.get(key);
    if (change?.action?.kind === 'remove') return [];
    return [[newKey(key, change, taken), applyChanges(inner, change)]];
  });
  // Only a mark is written where nothing was.
  const added = [...changes.children].flatMap(([key, change]): [string, unknown][] => {
    if (Object.hasOwn(value, key) || change.action?.kind === 'remove') return [];
    return [[String(key), applyChanges({}, change)]];
  });
  return Object.fromEntries([...kept, ...added]);
}

/** Is anything written? */
export function hasChanges({ edits, pulled, renamed }: Pick<Rewrite, 'edits' | 'pulled' | 'renamed'>): boolean {
  return edits.length + pulled.length + renamed.length > 0;
}

/** Takes changes apart into what is written, leaf by leaf. */
export function listChanges(document: unknown, changes: Changes): Pick<Rewrite, 'edits' | 'pulled' | 'renamed'> {
  const edits: Edit[] = [];
  const pulled: Pull[] = [];
  const renamed: Rename[] = [];

  const visit = (value: unknown, change: Changes, path: Path): void => {
    if (change.action?.kind === 'set') {
      if (!isDeepStrictEqual(value, change.action.value))
        edits.push({ path, before: value, after: change.action.value });
      return;
    }
    if (typeof value === 'string' && change.children.size > 0) {
      const after = spliceJson(value, change);
      if (after !== value) edits.push({ path, before: value, after });
      return;
    }
    const taken = new Set(isPlainObject(value) ? Object.keys(value) : []);
    for (const [key, child] of change.children) {
      const inner = childOf(value, key);
      const at = [...path, key];
      if (child.action?.kind === 'remove') {
        if (typeof key === 'number') pulled.push({ path, index: key, element: inner });
        else edits.push({ path: at, before: inner, after: REMOVED });
      } else if (child.name !== undefined) {
        const to = newKey(String(key), child, taken);
        renamed.push({ path: at, to, before: inner, after: applyChanges(inner, child) });
      } else visit(inner, child, at);
    }
  };
  visit(document, changes, []);
  return { edits, pulled, renamed };
}

/** The document as it is after the rewrite, for tests and for whoever writes it as a whole. Keys keep their order. */
export function applyEdits<T>(document: T, rewrite: Pick<Rewrite, 'edits' | 'pulled' | 'renamed'>): T {
  const changes = noChanges();
  for (const { path, after } of rewrite.edits)
    note(changes, path, after === REMOVED ? { kind: 'remove' } : { kind: 'set', value: after });
  for (const { path, index } of rewrite.pulled) note(changes, [...path, index], { kind: 'remove' });
  for (const { path, to, before, after } of rewrite.renamed) {
    if (!isDeepStrictEqual(before, after)) note(changes, path, { kind: 'set', value: after });
    noteName(changes, path, to);
  }
  return applyChanges(document, changes) as T;
}
