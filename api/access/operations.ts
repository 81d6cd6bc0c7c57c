import { z } from 'zod';
import type { ErrorName } from '../../src/errors.ts';
import { errorAnswers } from '../forget/operations.ts';
import type { Operation } from '../openapi/operation.ts';
import { accessSchema, recordsSchema, reportSchema, searchManySchema, searchOneSchema } from './schema.ts';

const MESSAGE = {
  'message-id': '0A0000000123ABCD1',
  'account-id': 'acc_AbCdEfGhIjKl',
  from: 'ACME',
  to: '447700900123',
  body: 'Hello',
  'date-received': '2026-01-31 12:00:00',
  'final-status': 'delivered',
  status: 'delivered',
  type: 'MT',
};
const REPORT_ID = '0d5c0e4c-0c9f-4c63-8b53-3f0a2f1f2f5a';
const REPORT = {
  request_id: REPORT_ID,
  request_status: 'PENDING',
  status: 'PENDING',
  account_id: 'acc_AbCdEfGhIjKl',
  format: 'csv',
  include_message: false,
  received_at: '2026-01-31T12:00:00.000Z',
  started_at: null,
  completed_at: null,
  items_count: null,
  _links: { self: { href: `/v2/reports/${REPORT_ID}` } },
};

const COMMON: ErrorName[] = ['bad_input', 'unauthorized', 'rate_limited', 'unavailable'];
const door = 'access';
const reportId = z.object({ request_id: z.uuid() });

/** What the subject access contract tells about itself. */
export function accessOperations(prefixes: readonly string[]): Operation[] {
  return [
    {
      method: 'get',
      path: '/search/message',
      door,
      summary: 'One outbound SMS by its id',
      query: searchOneSchema,
      responses: { 200: { description: 'The message', example: MESSAGE }, ...errorAnswers(...COMMON, 'no_records') },
    },
    {
      method: 'get',
      path: '/search/messages',
      door,
      summary: 'Outbound SMS by up to 10 ids, by number and day, or by a range of dates',
      description:
        'Days and times are in UTC. A range gives 4000 messages at most; `truncated` says that there are more.',
      query: searchManySchema(prefixes),
      responses: {
        200: { description: 'The messages', example: { count: 1, items: [MESSAGE] } },
        ...errorAnswers(...COMMON),
      },
    },
    {
      method: 'get',
      path: '/gdpr/access',
      door,
      summary: 'Everything held on a number, before an erasure and after it',
      query: accessSchema(prefixes),
      responses: {
        200: {
          description: 'Records by collection, and what is kept under the token of the number',
          example: {
            searched_at: '2026-01-31T12:00:00.000Z',
            searched: ['contacts', 'sent_sms'],
            kept: { suppressions: [], requests: [], audit: [] },
            collections: {
              sent_sms: {
                category: 'message',
                records: [
                  {
                    id: '0A0000000123ABCD1',
                    at: '2026-01-31T12:00:00.000Z',
                    fields: [
                      { path: 'to', category: 'number', value: '447700900123' },
                      { path: 'body', category: 'body', value: 'Hello' },
                    ],
                  },
                ],
              },
            },
            counts: { sent_sms: 1 },
          },
        },
        ...errorAnswers(...COMMON),
      },
    },
    {
      method: 'get',
      path: '/v2/reports/records',
      door,
      summary: 'Records at once, page by page',
      query: recordsSchema,
      responses: { 200: { description: 'A page; `cursor` asks for the next' }, ...errorAnswers(...COMMON) },
    },
    {
      method: 'post',
      path: '/v2/reports',
      door,
      summary: 'Have a report of up to 50,000 records written into a file',
      body: reportSchema,
      responses: {
        202: { description: 'Accepted', example: REPORT },
        ...errorAnswers(...COMMON, 'body_too_large'),
      },
    },
    {
      method: 'get',
      path: '/v2/reports/:request_id',
      door,
      summary: 'How a report stands',
      params: reportId,
      responses: { 200: { description: 'The report', example: REPORT }, ...errorAnswers(...COMMON, 'route_not_found') },
    },
    {
      method: 'delete',
      path: '/v2/reports/:request_id',
      door,
      summary: 'Abort a report, or take the file of a finished one away',
      params: reportId,
      responses: {
        200: { description: 'The report as it stands now', example: { ...REPORT, request_status: 'ABORTED' } },
        ...errorAnswers(...COMMON, 'route_not_found'),
      },
    },
    {
      method: 'get',
      path: '/v2/reports/:request_id/file',
      door,
      summary: 'The file of a finished report',
      params: reportId,
      responses: {
        200: { description: 'The file, CSV or JSON', type: 'text/csv' },
        ...errorAnswers(...COMMON, 'route_not_found'),
      },
    },
  ];
}
