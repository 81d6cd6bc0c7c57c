import type { FoundFile } from '../file-fields.ts';
import { isLeftBehind, type Replacements } from '../map/strategies.ts';
import { isCovered } from './changes.ts';
import type { Path } from './edits.ts';
import { instancesOf, textOf } from './places.ts';
import type { Scene } from './scene.ts';
import { changeValue } from './values.ts';

/** The files whose references go, and the references that cannot be read. */
export interface Recordings {
  readonly files: readonly FoundFile[];
  readonly unreadable: readonly Path[];
}

/**
 * Looks for references to recordings that the noted changes take out of the document.
 * @param all the document goes as a whole
 */
export function findRecordings(scene: Scene, words: Replacements, all: boolean): Recordings {
  const files = new Map<string, FoundFile>();
  const unreadable: Path[] = [];
  for (const entry of scene.entries)
    for (const field of entry.fields) {
      if (field.category !== 'recording') continue;
      const where = `${entry.name}.${textOf(field.path)}`;
      for (const { path, value } of instancesOf(scene.document, field, scene.open)) {
        if (!all && !isCovered(scene.changes, path)) continue;
        for (const reference of Array.isArray(value) ? value.flat(Infinity) : [value]) {
          if (isBlank(reference)) continue;
          // What the strategy has written before is no reference either.
          if (field.strategy !== 'keep' && changeValue(reference, field.strategy, words) === reference) continue;
          if (typeof reference !== 'string') unreadable.push(path);
          else if (!files.has(reference)) files.set(reference, { where, reference });
        }
      }
    }
  return { files: [...files.values()], unreadable };
}

function isBlank(reference: unknown): boolean {
  return reference === null || reference === undefined || (typeof reference === 'string' && isLeftBehind(reference));
}
