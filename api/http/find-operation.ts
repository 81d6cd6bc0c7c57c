import type { Request } from 'express';
import type { Operation } from '../openapi/operation.ts';

/**
 * Finds the description of the route that a request has reached.
 * @param operations those of the door the route belongs to
 * @returns undefined for a method that the path does not have
 */
export function findOperation(operations: readonly Operation[]): (request: Request) => Operation | undefined {
  const known = new Map(operations.map((one) => [`${one.method} ${one.path}`, one]));
  return (request) => {
    const method = request.method === 'HEAD' ? 'get' : request.method.toLowerCase();
    return known.get(`${method} ${request.route?.path}`);
  };
}
