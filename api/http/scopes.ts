import type { RequestHandler } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { Operation } from '../openapi/operation.ts';
import { principalOf } from './auth.ts';
import { findOperation } from './find-operation.ts';

/**
 * Refuses whoever has not the scope that the operation's description names. An operation without one is refused to all: it
 * was forgotten.
 * @param operations those of the door the route belongs to
 */
export function checkScope(operations: readonly Operation[]): RequestHandler {
  const find = findOperation(operations);
  return (request, response, next) => {
    const operation = find(request);
    // A method the path does not have is refused by the route itself.
    if (operation && !operation.open) {
      const scope = operation['x-scope'];
      if (scope === undefined || !principalOf(response).scopes.includes(scope)) throw new LetheError('forbidden');
    }
    next();
  };
}
