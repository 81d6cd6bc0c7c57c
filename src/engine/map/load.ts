import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { DEFAULT_DATA_MAP } from './default-map.ts';
import { type DataMap, dataMapSchema } from './schema.ts';

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
  if (file === undefined) return dataMapSchema.parse(DEFAULT_DATA_MAP);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DataMapError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  return parseDataMap(text, file);
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
  const result = dataMapSchema.safeParse(content);
  if (result.success) return result.data;

  const lineOf = (path: PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      const range = (node as { range?: [number, number, number] } | undefined)?.range;
      if (range) return lines.linePos(range[0]).line;
    }
    return 1;
  };
  throw new DataMapError(
    result.error.issues
      .map((issue) => `${file}:${lineOf(issue.path)}: ${writePath(issue)}: ${issue.message}`)
      .join('\n'),
  );
}

function writePath(issue: z.core.$ZodIssue): string {
  const text = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || 'the whole map';
}
