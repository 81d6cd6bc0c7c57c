import { note } from './changes.ts';
import type { EntryRules } from './rules.ts';
import type { Scene } from './scene.ts';
import { childOf, isPlainObject } from './values.ts';

/** Notes the time in a record that is kept, where the entry says so. */
export function markRecord(scene: Scene, { mark, fate }: EntryRules): void {
  if (mark === undefined || fate === 'delete') return;
  const path = mark.split('.');
  const parents = path.slice(0, -1).map((_, index) => path.slice(0, index + 1));
  const valueAt = (way: readonly string[]) => way.reduce<unknown>(childOf, scene.document);
  // A mark in what is no object would take its place.
  if (parents.map(valueAt).every((value) => value === undefined || isPlainObject(value)))
    note(scene.changes, path, { kind: 'set', value: scene.now });
}
