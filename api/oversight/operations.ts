import { namedAnswers } from '../http/named-errors.ts';
import type { Operation } from '../openapi/operation.ts';
import {
  auditAnswer,
  auditSchema,
  figuresAnswer,
  figuresSchema,
  processingAnswer,
  processingSchema,
  verifyAnswer,
  verifySchema,
} from './schema.ts';

const ACCOUNT = 'acc_aB3dE6gH9jK2';
const refusals = namedAnswers('route_not_found');

const FIGURES = {
  received: 40,
  completed: 39,
  median_seconds: 2.4,
  p95_seconds: 61,
  overdue: 0,
  missed: 1,
  failed_by_cause: { refused: 1 },
};

/** The description of what those may ask who answer for an account. */
export const oversightApi: readonly Operation[] = [
  {
    method: 'get',
    path: '/audit',
    summary: 'Who did what, newest first',
    description:
      "Of all accounts that the caller may see: a key's own and its sub-accounts. No number stands in an entry.",
    query: auditSchema,
    'x-scope': 'audit',
    responses: {
      200: {
        description: 'One page',
        schema: auditAnswer,
        example: {
          items: [
            {
              sequence: 12,
              at: '2026-01-31T12:00:05.000Z',
              action: 'data.erasure',
              actor: 'aB3dE6gH9jK2mN5p',
              account: ACCOUNT,
              reference: 'BWwmkoxO3YTfpEt',
              detail: { reason: 'gdpr_forget', counts: { sent_sms: 3 } },
            },
          ],
          next: 'W3siJGRhdGUi',
        },
      },
      ...refusals,
    },
  },
  {
    method: 'post',
    path: '/audit/verify',
    summary: 'Is the audit as it was written?',
    description:
      'Reads every entry, and finds those that were changed, taken out or moved. It takes as long as the audit is long.',
    body: verifySchema,
    bodyExample: {},
    'x-scope': 'audit',
    responses: {
      200: {
        description: 'What was found',
        schema: verifyAnswer,
        example: {
          ok: true,
          entries: 12,
          chains: [
            {
              account: ACCOUNT,
              entries: 12,
              from: 1,
              to: 12,
              head: 'k20260101-0c46.HxR0Jc1i0m9o',
              head_at: '2026-01-31T12:00:05.000Z',
            },
          ],
          kept_outside: 'compared',
          faults: [{ account: ACCOUNT, sequence: 3, through: 4, fault: 'missing' }],
          faults_found: 0,
        },
      },
      ...refusals,
    },
  },
  {
    method: 'get',
    path: '/figures',
    summary: 'What came of the requests of one month',
    description:
      'Of requests accepted in the month, whatever has become of them by now: totals are of what people asked for, and ' +
      '`by_profile` has what the clock made, too (`automatic`, `retention`). `Accept: text/csv` gives CSV.',
    query: figuresSchema,
    'x-scope': 'look',
    responses: {
      200: {
        description: 'The figures',
        type: ['application/json', 'text/csv'],
        schema: figuresAnswer,
        example: {
          month: '2026-01',
          ...FIGURES,
          by_profile: { forget: FIGURES },
          by_account: [{ account: ACCOUNT, ...FIGURES }],
          by_day: [{ day: '2026-01-01', received: 2, completed: 2 }],
        },
      },
      ...refusals,
    },
  },
  {
    method: 'get',
    path: '/records-of-processing',
    summary: 'The record of processing activities (GDPR article 30), made from the data map',
    description: 'What no data map can tell is null, and for the operator to fill in.',
    query: processingSchema,
    'x-scope': 'audit',
    responses: {
      200: {
        description: 'The record',
        schema: processingAnswer,
        example: {
          made_at: '2026-01-31T12:00:00.000Z',
          account: ACCOUNT,
          controller: { name: null, contact: null, representative: null, data_protection_officer: null },
          activities: [
            {
              activity: 'message',
              purpose: 'Sending and receiving messages',
              data_subjects: 'People whose telephone numbers the platform holds',
              categories_of_data: ['number', 'body'],
              collections: [
                {
                  name: 'sent_sms',
                  collection: 'sent_sms',
                  numbers: ['to'],
                  fields: [{ path: 'body', category: 'body' }],
                  period: { months: 13, set_by: 'account' },
                  on_request: 'kept, number: mask, body: replaced by [REDACTED]',
                },
              ],
              recipients: null,
              third_countries: null,
              legal_basis: null,
            },
          ],
          lethe: [
            {
              activity: 'Audit',
              purpose: 'Proving who did what (article 5(2))',
              categories_of_data: ['keyed hash of the number'],
              period: 'for as long as the audit is kept',
            },
          ],
          security_measures: ['Logs, queues, metrics and error messages hold no numbers'],
        },
      },
      ...refusals,
    },
  },
];
