import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataMapInput } from '../../src/engine/map/version-1.ts';

/** A data map as a file, for the variable DATA_MAP: an object, or the text of one. Remove it in `afterAll`. */
export async function writeMap(map: DataMapInput | string): Promise<{ file: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-map-'));
  const file = join(folder, 'map.json');
  await writeFile(file, typeof map === 'string' ? map : JSON.stringify(map));
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The one collection that every map needs. */
export const SUPPRESSION_LIST = {
  collection: 'blacklist',
  account: 'account_id',
  record: 'suppression',
  numbers: ['number'],
} as const satisfies DataMapInput['collections'][number];
