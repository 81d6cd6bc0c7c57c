import { namedAnswers } from '../http/named-errors.ts';
import type { Operation } from '../openapi/operation.ts';
import { mapCheckAnswer, systemAnswer } from './answer.ts';

/** The description of the installation's state. */
export const systemApi: readonly Operation[] = [
  {
    method: 'get',
    path: '/system',
    'x-scope': 'platform',
    summary: 'How the installation stands: services, deadlines, workers, queues, scans, keys',
    description: '`level` is `ok`, `warning` or `critical`, and `why` says what makes it so, the worst first.',
    responses: {
      200: {
        description: 'As it is now',
        schema: systemAnswer,
        example: {
          health: { mongodb: 'ok', version: 'ok', indexes: 'ok', keys: 'ok', redis: 'ok', noeviction: 'ok' },
          level: 'warning',
          ready: true,
          why: ['1 request due soon'],
          deadlines: { on_track: 12, due_soon: 1, overdue: 0, failed: 0 },
          workers: [
            {
              id: '0d5c0e4c-0c9f-4c63-8b53-3f0a2f1f2f5a',
              version: '1.0.0',
              host: 'worker-1',
              started_at: '2026-01-31T12:00:00.000Z',
              seen_at: '2026-01-31T12:00:15.000Z',
            },
          ],
          queues: [{ name: 'erasure', waiting: 3, active: 8, delayed: 1, oldest_age_s: 2 }],
          throughput: { minutes: 10, accepted: 12, completed: 11 },
          scans: [{ account: 'acc_aB3dE6gH9jK2', turn_percent: 40, joiners: 2, off: false }],
          keys: [{ id: 'token:k20260101-1a2b', in_use: true, at_hand: true }],
          version: '1.0.0',
          environment: 'staging',
        },
      },
      ...namedAnswers(),
    },
  },
  {
    method: 'post',
    path: '/system/map-check',
    'x-scope': 'platform',
    summary: 'Does the data map fit the database?',
    description:
      'What `lethe check-map` and `lethe discover` say of a sample of 500 records a collection. Reads only, and shows no value. ' +
      '`lethe check-map --all` reads every record.',
    responses: {
      200: {
        description: 'What does not fit',
        schema: mapCheckAnswer,
        example: {
          made_at: '2026-01-31T12:00:00.000Z',
          findings: [
            {
              severity: 'error',
              where: 'sent_sms.to',
              message: 'no index begins with the account and this path',
              remedy: 'db.sent_sms.createIndex({"account_id":1,"to":1})',
              ids: ['65f0c0ffee65f0c0ffee65f0'],
            },
          ],
          unnamed: [{ where: 'orders.phone', what: 'numbers: 12 of 500 values' }],
          ...{ collections: 12, places: 18, sampled: 5_400 },
        },
      },
      ...namedAnswers('csrf'),
    },
  },
];
