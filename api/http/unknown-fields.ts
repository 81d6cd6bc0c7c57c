import type { Request, RequestHandler } from 'express';
import type { z } from 'zod';
import { LetheError } from '../../src/base/errors.ts';
import { isSpeakable } from '../../src/phone/hide-digits.ts';
import type { Operation } from '../openapi/operation.ts';
import { readBody } from './body.ts';
import { findOperation } from './find-operation.ts';

/** Where a name stands that a route does not know. */
type FieldPlace = 'query' | 'body';

/** Makes a door's own error of a message about a field. */
export type RefuseField = (message: string, place: FieldPlace) => Error;

const refuseField: RefuseField = (message) => new LetheError('bad_input', message);

/** Parameters that carry an older client's key. */
const KEY_PARAMETERS = ['api_key', 'api_secret'];

/** The names of a schema. A name is repeated only in this shape: it is the caller's text and may be a number. */
const PLAIN_NAME = /^[A-Za-z_][\w.-]{0,39}$/;

/** `sanbox is not known here`, for each name. */
function tellUnknown(names: readonly string[]): string {
  const shown = names.map((name) => (PLAIN_NAME.test(name) && isSpeakable(name) ? name : 'a field that was sent'));
  return [...new Set(shown)].map((name) => `${name} is not known here`).join('; ');
}

/** A broken rule of a schema, without the value: `limit must be …`, or the names the schema does not know. */
export function tellIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return tellUnknown(issue.keys);
  return `${String(issue.path[0] ?? 'body')} ${issue.message}`;
}

/**
 * Refuses parameters that an operation's description does not name, and any body where it names none: an overlooked
 * safety catch erases, and an overlooked filter shows another person's records. The fields of a body that is named are
 * checked by its schema.
 * @param operations those of the door the route belongs to
 * @param inQuery a key may stand in the query
 * @param refuse makes the error, in the door's own shape
 */
export function refuseUnknown(
  operations: readonly Operation[],
  { inQuery = false, refuse = refuseField }: { inQuery?: boolean; refuse?: RefuseField | undefined },
): RequestHandler {
  const find = findOperation(operations);
  return async (request, _response, next) => {
    const operation = find(request);
    // A method the path does not have is refused by the route itself.
    if (operation && !operation.lenient) {
      const names = [...Object.keys(operation.query?.shape ?? {}), ...(inQuery ? KEY_PARAMETERS : [])];
      const unknown = Object.keys(request.query).filter((name) => !names.includes(name));
      if (unknown.length > 0) throw refuse(tellUnknown(unknown), 'query');
      if (!operation.body) await refuseBody(request, refuse);
    }
    next();
  };
}

/** An empty body, `{}` and `null` say nothing: some clients send one with every request. */
async function refuseBody(request: Request, refuse: RefuseField): Promise<void> {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.toString().trim() === '') return;
  const fields = await readBody(request).catch(() => undefined);
  if (fields === null) return;
  if (typeof fields !== 'object' || Array.isArray(fields)) throw refuse('No body is taken here', 'body');
  const names = Object.keys(fields);
  if (names.length > 0) throw refuse(tellUnknown(names), 'body');
}
