import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { MapFault } from './collection-rules.ts';
import { DEFAULT_DATA_MAP } from './default-map.ts';
import { checkMap } from './map-rules.ts';
import type { DataMap } from './schema.ts';
import { fromVersion1, version1 } from './version-1.ts';
import { fromVersion2, version2 } from './version-2.ts';

/** The data map cannot be used; `message` has one line a fault: `FILE:LINE: path: what is wrong`. */
export class DataMapError extends Error {
  override readonly name = 'DataMapError';
}

/**
 * Reads a data map from a YAML or JSON file, or the default one.
 * @param file a path, or undefined for the default map
 * @throws DataMapError when the file cannot be read, parsed or understood
 */
export function loadDataMap(file: string | undefined): DataMap {
  if (file === undefined) return fromVersion1(version1.parse(DEFAULT_DATA_MAP));
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DataMapError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  return parseDataMap(text, file);
}

/**
 * A map for a process whose own collections lie in a database of their own: every entry names the platform's.
 * @param own the database of Lethe's own collections; undefined where it is the platform's
 */
export function apartFrom(map: DataMap, own: string | undefined, platform: string): DataMap {
  if (own === undefined || own === platform) return map;
  return { ...map, collections: map.collections.map((entry) => ({ ...entry, database: entry.database ?? platform })) };
}

/** As `loadDataMap`, from the text itself. JSON is read as the YAML it is. */
export function parseDataMap(text: string, file: string): DataMap {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: false });
  if (document.errors.length > 0) {
    throw new DataMapError(
      document.errors
        .map((error) => `${file}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0]}`)
        .join('\n'),
    );
  }

  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 0 });
  } catch {
    throw new DataMapError(`${file}: aliases (&name, *name) are not allowed in a data map`);
  }
  const read = readContent(content);
  if ('map' in read) return read.map;

  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      const range = (node as { range?: [number, number, number] } | undefined)?.range;
      if (range) return lines.linePos(range[0]).line;
    }
    return 1;
  };
  throw new DataMapError(
    read.faults.map(({ path, message }) => `${file}:${lineOf(path)}: ${writePath(path)}: ${message}`).join('\n'),
  );
}

function readContent(content: unknown): { map: DataMap } | { faults: readonly MapFault[] } {
  const isSecond = (content as { version?: unknown } | null)?.version === 2;
  const result = isSecond ? version2.safeParse(content) : version1.safeParse(content);
  if (!result.success) return { faults: result.error.issues.flatMap((issue) => faultsOf(issue)) };
  const map = result.data.version === 2 ? fromVersion2(result.data) : fromVersion1(result.data);
  const faults = checkMap(map);
  return faults.length > 0 ? { faults } : { map };
}

/** Where a value may be of several kinds, the faults of the kind it seems to be. */
function faultsOf(issue: z.core.$ZodIssue, before: readonly PropertyKey[] = []): MapFault[] {
  const path = [...before, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ path, message: issue.message }];
  const kinds = [...issue.errors].sort((one, other) => unlikeness(one) - unlikeness(other));
  return (kinds[0] ?? []).flatMap((inner) => faultsOf(inner, path));
}

/** How little a value is of the kind that has these faults. */
function unlikeness(issues: readonly z.core.$ZodIssue[]): number {
  const isOther = issues.some(
    ({ path, code }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
  );
  return (isOther ? 1000 : 0) + issues.length;
}

function writePath(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || 'the whole map';
}
