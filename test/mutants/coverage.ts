import { Session } from 'node:inspector/promises';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.ts';

/** Places in files of the project, by the path from its root: from a line and column to another, both from 0. */
export type Places = Readonly<Record<string, readonly (readonly [Position, Position])[]>>;
type Position = readonly [line: number, column: number];

const ROOT = new URL('../../', import.meta.url).href;
const session = new Session();

export async function startCoverage(): Promise<void> {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
}

/** @returns what was not run of files under src that were loaded with this query; files that were not loaded are not named */
export async function notRun(query: string): Promise<Places> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const places: Record<string, (readonly [Position, Position])[]> = {};
  for (const { url, functions } of result) {
    const file = url.slice(ROOT.length).split('?')[0] ?? '';
    if (!url.startsWith(`${ROOT}src/`) || !url.endsWith(query)) continue;
    const positionOf = originals(fileURLToPath(url));
    places[file] = functions
      .flatMap(({ ranges }) => ranges)
      .filter(({ count }) => count === 0)
      .map(({ startOffset, endOffset }) => [positionOf(startOffset), positionOf(endOffset)] as const);
  }
  return places;
}

export function includes(places: readonly (readonly [Position, Position])[], position: Position): boolean {
  return places.some(([from, to]) => isBefore(position, to) && !isBefore(position, from));
}

const isBefore = (one: Position, other: Position) => one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);

/** @returns where in the source the first word at or after an offset of the compiled file stands */
function originals(path: string): (offset: number) => Position {
  const { code, map } = compile(path);
  const sourceMap = new SourceMap(JSON.parse(map ?? ''));
  const lines = code.split('\n');
  const starts: number[] = [];
  let length = 0;
  for (const line of lines) {
    starts.push(length);
    length += line.length + 1;
  }
  return (offset) => {
    let line = starts.findLastIndex((start) => start <= offset);
    let column = offset - (starts[line] ?? 0);
    while (line < lines.length) {
      const entry = sourceMap.findEntry(line, column);
      if ('generatedLine' in entry && entry.generatedLine === line && entry.generatedColumn === column)
        return [entry.originalLine, entry.originalColumn];
      column += 1;
      if (column > (lines[line]?.length ?? 0)) [line, column] = [line + 1, 0];
    }
    return [Number.MAX_SAFE_INTEGER, 0];
  };
}
