import { readFileSync } from 'node:fs';
import { type Output, transformSync } from '@swc/core';

/** Where a file is changed. Positions are bytes. */
export interface Change {
  readonly start: number;
  readonly end: number;
  /** What stands there instead. */
  readonly text: string;
}

const known = new Map<string, Output>();

/** @returns what a file of the project is as JavaScript, with a map of where it comes from */
export function compile(path: string, change?: Change): Output {
  const made = change ? undefined : known.get(path);
  if (made) return made;
  const source = readFileSync(path);
  const output = transformSync((change ? changed(source, change) : source).toString(), {
    filename: path,
    configFile: false,
    swcrc: false,
    sourceMaps: true,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  if (!change) known.set(path, output);
  return output;
}

export const changed = (source: Buffer, { start, end, text }: Change) =>
  Buffer.concat([source.subarray(0, start), Buffer.from(text), source.subarray(end)]);
