import { ERRORS, type ErrorName, LetheError } from '../../src/base/errors.ts';
import { presentError } from '../http/errors.ts';
import type { Answer } from './operation.ts';

/** One error of an operation. */
export interface DescribedError {
  readonly status: number;
  readonly description: string;
  /** The whole body of the answer. */
  readonly example: unknown;
}

/** Errors that every guarded operation may answer with. */
const COMMON: readonly ErrorName[] = [
  'bad_input',
  'unauthorized',
  'forbidden',
  'body_too_large',
  'rate_limited',
  'unavailable',
];

/** Errors as answers. Those of one status are one answer; the first of them is the example. */
export function errorAnswers(errors: readonly DescribedError[]): Record<number, Answer> {
  const answers: Record<number, Answer> = {};
  for (const { status, description, example } of errors) {
    const before = answers[status];
    answers[status] = before
      ? { ...before, description: `${before.description}; or ${description}` }
      : { description, example };
  }
  return answers;
}

/**
 * Errors of the table, after those that every guarded operation has.
 * @param present the door's own shape of an error
 */
export function describeErrors(
  names: readonly ErrorName[] = [],
  present: (error: LetheError) => unknown = presentError,
): DescribedError[] {
  return [...COMMON, ...names].map((name) => {
    const { status, code, message } = ERRORS[name];
    const description = code === status ? message : `${code}: ${message}`;
    return { status, description, example: present(new LetheError(name)) };
  });
}
