import { z } from 'zod';
import type { CountryCode } from '../../src/phone/countries.ts';
import { describeErrors, errorAnswers } from '../openapi/error-answers.ts';
import type { Answer, Operation } from '../openapi/operation.ts';
import {
  accessBodySchema,
  accessSchema,
  heldAnswer,
  recordsSchema,
  reportSchema,
  searchManySchema,
  searchOneSchema,
} from './schema.ts';

const MESSAGE = {
  'message-id': '0A0000000123ABCD1',
  'account-id': 'acc_AbCdEfGhIjKl',
  network: '23410',
  from: 'ACME',
  to: '447700900123',
  body: 'Hello',
  price: '0.03330000',
  'date-received': '2026-01-31 12:00:00',
  'final-status': 'delivered',
  status: 'delivered',
  'date-closed': '2026-01-31 12:00:05',
  type: 'MT',
};
const RECORD = {
  account_id: 'acc_AbCdEfGhIjKl',
  product: 'sms',
  id: '0A0000000123ABCD1',
  direction: 'outbound',
  from: 'ACME',
  to: '447700900123',
  date_received: '2026-01-31T12:00:00.000Z',
  date_finalized: '2026-01-31T12:00:05.000Z',
  status: 'delivered',
  network: '23410',
  price: '0.03330000',
  currency: null,
  client_ref: null,
  message_body: 'Hello',
};
const REPORT_ID = '0d5c0e4c-0c9f-4c63-8b53-3f0a2f1f2f5a';
const REPORT = {
  request_id: REPORT_ID,
  request_status: 'PENDING',
  status: 'PENDING',
  account_id: 'acc_AbCdEfGhIjKl',
  product: 'sms',
  direction: 'outbound',
  date_start: '2026-01-01T00:00:00.000Z',
  date_end: '2026-02-01T00:00:00.000Z',
  format: 'csv',
  include_message: false,
  received_at: '2026-01-31T12:00:00.000Z',
  started_at: null,
  completed_at: null,
  items_count: null,
  _links: { self: { href: `/v2/reports/${REPORT_ID}` } },
};
const WRITTEN = {
  ...REPORT,
  request_status: 'SUCCESS',
  status: 'SUCCESS',
  started_at: '2026-01-31T12:00:01.000Z',
  completed_at: '2026-01-31T12:00:02.000Z',
  items_count: 12,
  expires_at: '2026-02-03T12:00:02.000Z',
  _links: { ...REPORT._links, download_report: { href: `/v2/reports/${REPORT_ID}/file` } },
};

const ABORTED = { ...REPORT, request_status: 'ABORTED', status: 'ABORTED', completed_at: '2026-01-31T12:00:02.000Z' };

const HELD: Record<number, Answer> = {
  200: {
    description: 'Records by collection, and what is kept under the token of the number',
    schema: heldAnswer,
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
  ...errorAnswers(describeErrors()),
};

const reportId = z.object({ request_id: z.uuid() });

/** The description of the subject access contract. */
export function accessApi(prefixes: readonly string[], countries: readonly CountryCode[]): Operation[] {
  return [
    {
      method: 'get',
      path: '/search/message',
      'x-scope': 'access',
      summary: 'One outbound SMS by its id',
      query: searchOneSchema,
      responses: {
        200: { description: 'The message; what the record does not have is left out', example: MESSAGE },
        ...errorAnswers(describeErrors(['no_records'])),
      },
    },
    {
      method: 'get',
      path: '/search/messages',
      'x-scope': 'access',
      summary: 'Outbound SMS by up to 10 ids, by number and day, or by a range of dates',
      description:
        'Days and times are in UTC. A range gives 4000 messages at most; `truncated` says that there are more.',
      query: searchManySchema(prefixes),
      responses: {
        200: { description: 'The messages', example: { count: 1, items: [MESSAGE] } },
        ...errorAnswers(describeErrors()),
      },
    },
    {
      method: 'get',
      path: '/gdpr/access',
      'x-scope': 'access',
      summary: 'Everything held on a number, before an erasure and after it',
      query: accessSchema(prefixes),
      responses: HELD,
    },
    {
      method: 'post',
      path: '/gdpr/access',
      'x-scope': 'access',
      summary: 'The same, with the number in the body: an address is kept by browsers and proxies',
      body: accessBodySchema(prefixes, countries),
      bodyExample: { number: '07700 900123' },
      responses: HELD,
    },
    {
      method: 'get',
      path: '/v2/reports/records',
      'x-scope': 'access',
      summary: 'Records at once, page by page',
      query: recordsSchema,
      responses: {
        200: {
          description:
            'A page; `cursor` asks for the next, and is null on the last. `message_body` only where asked for',
          example: {
            request_id: REPORT_ID,
            request_status: 'SUCCESS',
            received_at: '2026-01-31T12:00:00.000Z',
            records: [RECORD],
            items_count: 1,
            cursor: null,
          },
        },
        ...errorAnswers(describeErrors()),
      },
    },
    {
      method: 'post',
      path: '/v2/reports',
      'x-scope': 'access',
      summary: 'Have a report of up to 50,000 records written into a file',
      body: reportSchema,
      bodyExample: {
        product: 'sms',
        direction: 'outbound',
        date_start: '2026-01-01',
        date_end: '2026-01-31',
        format: 'csv',
      },
      responses: {
        202: { description: 'Accepted', example: REPORT },
        ...errorAnswers(describeErrors()),
      },
    },
    {
      method: 'get',
      path: '/v2/reports/:request_id',
      'x-scope': 'access',
      summary: 'How a report stands',
      params: reportId,
      responses: {
        200: {
          description:
            'The report; `expires_at` and `download_report` while it has a file, `file_removed_at` and `message` when ' +
            'an erasure took that away. What was not asked for is left out',
          example: WRITTEN,
        },
        ...errorAnswers(describeErrors(['route_not_found'])),
      },
    },
    {
      method: 'delete',
      path: '/v2/reports/:request_id',
      'x-scope': 'access',
      summary: 'Abort a report, or take the file of a finished one away',
      params: reportId,
      responses: {
        200: { description: 'The report as it stands now', example: ABORTED },
        ...errorAnswers(describeErrors(['route_not_found'])),
      },
    },
    {
      method: 'get',
      path: '/v2/reports/:request_id/file',
      'x-scope': 'access',
      summary: 'The file of a finished report',
      params: reportId,
      responses: {
        200: { description: 'The file, CSV or JSON', type: ['text/csv', 'application/json'] },
        ...errorAnswers(describeErrors(['route_not_found'])),
      },
    },
  ];
}
