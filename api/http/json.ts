import type { Request } from 'express';
import type { z } from 'zod';
import { Problem, type ProblemName } from './problem.ts';

/**
 * The body of a request whose contract knows JSON and nothing else, whatever its content type says.
 * @throws Problem `invalid_json` with what is wrong and where. The parser's own message may quote the body, and the
 * body may hold a number.
 */
export function readJson(request: Request): unknown {
  const bytes: unknown = request.body;
  const text = Buffer.isBuffer(bytes) ? new TextDecoder().decode(bytes) : '';
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Problem('invalid_json', describeFault(text, error));
  }
}

/** The kinds of faults the parser tells apart, in words that hold nothing of the text. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^Unexpected end/, 'Unexpected end of JSON input'],
  [/^Unterminated string/, 'Unterminated string'],
  [/^Unexpected non-whitespace/, 'Unexpected text after the JSON value'],
  [/control character/, 'Bad control character in a string'],
  [/[Ee]scape/, 'Bad escape in a string'],
  [/^Expected ':'/, 'Expected a colon after a property name'],
  [/^Expected (double-quoted )?property name/, 'Expected a property name in double quotes'],
  [/^Expected ','/, 'Expected a comma, or the end of the list or object'],
  [/number|fractional|digit/i, 'Bad number'],
];

function describeFault(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const told = /at position (\d+)/.exec(message)?.[1];
  const unplaced = isUnplaced(message);
  const kind = unplaced ? undefined : KINDS.find(([pattern]) => pattern.test(message))?.[1];
  const position = told !== undefined ? Number(told) : unplaced ? positionOf(text) : null;
  const where = position === null ? '' : ` at position ${position} (${lineAndColumn(text, position)})`;
  return `${kind ?? 'Unexpected character'}${where}`;
}

/** Of a character that fits nowhere the parser quotes the surroundings, and not always the place. */
const isUnplaced = (message: string) => !/at position \d|^Unexpected end/.test(message);

/**
 * Where the character stands that the parser refuses but does not place: it refuses every beginning of the text that
 * includes it for the same reason, and every shorter one for another.
 */
function positionOf(text: string): number {
  let [refused, fine] = [text.length, 0];
  while (refused - fine > 1) {
    const middle = (refused + fine) >> 1;
    if (isRefusedFor(text.slice(0, middle))) refused = middle;
    else fine = middle;
  }
  return refused - 1;
}

function isRefusedFor(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return isUnplaced((error as Error).message);
  }
}

function lineAndColumn(text: string, position: number): string {
  const lines = text.slice(0, position).split('\n');
  return `line ${lines.length} column ${(lines.at(-1) ?? '').length + 1}`;
}

/**
 * Checks what a caller sent.
 * @param faults the problem that a field's fault is told as; `invalid_json` unless given
 * @throws Problem naming the field and the rule, never the value
 */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  fault: (field: string) => ProblemName = () => 'invalid_json',
): z.output<Schema> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem('invalid_json', 'The body must be an object');
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = String(issue?.path[0] ?? '');
  const problem = fault(field);
  // A product has its own sentence; everything else is named.
  throw new Problem(problem, problem === 'invalid_product' ? (issue?.message ?? '') : `${field} ${issue?.message}`);
}
