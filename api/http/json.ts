import type { Request } from 'express';
import type { z } from 'zod';
import { parseBytes } from './body.ts';
import { Problem, type ProblemName } from './problem.ts';
import { tellIssue } from './unknown-fields.ts';

/**
 * The body of a request whose contract knows JSON and nothing else, whatever its content type says.
 * @throws Problem `invalid_json`. The parser's own message is left out: it may quote the body, which may hold a number
 */
export function readJson(request: Request): unknown {
  const bytes: unknown = request.body;
  const json = Buffer.isBuffer(bytes) ? parseBytes(bytes).json : undefined;
  if (!json) throw new Problem('invalid_json', 'The body is not JSON');
  return json.value;
}

/**
 * Checks what a caller sent.
 * @param fault the problem that a field's fault is answered as; `invalid_json` unless given
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
  // The rule about the product is a whole sentence of the contract's own.
  if (!issue) throw new TypeError('a failed check without an issue');
  throw new Problem(problem, problem === 'invalid_product' ? issue.message : tellIssue(issue));
}
