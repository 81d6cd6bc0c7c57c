import { ERRORS } from '../../src/base/errors.ts';
import { type ProblemName, problemAnswers } from '../http/problem.ts';
import type { Operation } from '../openapi/operation.ts';
import { eventParams, idParams, legsSchema, userSchema } from './schema.ts';

const MISSING: Partial<Record<ProblemName, string>> = {
  not_removable: ERRORS.not_removable.message,
  invalid_id: "ID 'aaaaaaaa-bbbb-4ccc-8ddd-01234d6789ab' could not be found",
};
const GONE = { 204: { description: 'Deleted', type: null }, ...problemAnswers(MISSING) } as const;

const LEG = {
  uuid: 'aaaaaaaa-bbbb-4ccc-8ddd-01234d6789ab',
  conversation_uuid: 'CON-aaaaaaaa-bbbb-4ccc-8ddd-01234d6789ab',
  state: 'completed',
  start_time: '2026-01-31T12:00:00.000Z',
  end_time: '2026-01-31T12:03:00.000Z',
  _links: { self: { href: '/v0.1/legs/aaaaaaaa-bbbb-4ccc-8ddd-01234d6789ab' } },
};
const PAGE = {
  count: 1,
  page_size: 1,
  record_index: 0,
  _links: { self: { href: '/v0.1/legs?page_size=10&record_index=0' } },
  _embedded: { legs: [LEG] },
};

/** The description of the resources of the product APIs. */
export const resourcesApi: readonly Operation[] = [
  {
    method: 'get',
    path: '/v0.1/legs',
    'x-scope': 'access',
    summary: 'The legs of a call, oldest first',
    query: legsSchema,
    responses: {
      200: { description: 'A page of them', type: 'application/hal+json', example: PAGE },
      ...problemAnswers({ invalid_query: 'page_size must be a whole number from 1 to 100' }),
    },
  },
  {
    method: 'delete',
    path: '/v0.1/legs/:id',
    'x-scope': 'redact',
    summary: 'Delete a leg',
    params: idParams,
    responses: GONE,
  },
  {
    method: 'delete',
    path: '/v3/media/:id',
    'x-scope': 'redact',
    summary: 'Delete a recording, the file too',
    params: idParams,
    responses: GONE,
  },
  {
    method: 'put',
    path: '/v0.1/users/:id',
    'x-scope': 'redact',
    summary: 'Replace what a user is called',
    params: idParams,
    body: userSchema,
    bodyExample: { name: 'gone', display_name: 'Gone' },
    responses: {
      200: {
        description: 'The user as it is now',
        example: {
          id: 'USR-1',
          name: 'gone',
          display_name: 'Gone',
          _links: { self: { href: '/v0.1/users/USR-1' } },
        },
      },
      ...problemAnswers({ ...MISSING, invalid_json: 'name must be a string' }),
    },
  },
  {
    method: 'delete',
    path: '/v0.1/users/:id',
    'x-scope': 'redact',
    summary: 'Delete a user',
    params: idParams,
    responses: GONE,
  },
  {
    method: 'delete',
    path: '/v0.1/conversations/:conversation/events/:event',
    'x-scope': 'redact',
    summary: 'Delete an event, such as a message, of a conversation',
    params: eventParams,
    responses: GONE,
  },
];
