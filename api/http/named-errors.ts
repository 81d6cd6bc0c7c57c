import type { ErrorName, LetheError } from '../../src/base/errors.ts';
import { type DescribedError, describeErrors, errorAnswers } from '../openapi/error-answers.ts';
import type { Answer } from '../openapi/operation.ts';

/** `{"error":"forbidden","msg":"..."}`: the shape of errors of the doors that no source document describes. */
export function presentNamed(error: LetheError): unknown {
  return { error: error.errorName, msg: error.message, ...error.facts };
}

/** Errors of the table in this shape, after those that every guarded operation has. */
export function namedAnswers(...names: ErrorName[]): Record<number, Answer> {
  const described: DescribedError[] = describeErrors(names, presentNamed);
  return errorAnswers(described);
}
