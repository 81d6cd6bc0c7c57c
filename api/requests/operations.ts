import { namedAnswers } from '../http/named-errors.ts';
import type { Operation } from '../openapi/operation.ts';
import { detailsAnswer, listAnswer, listSchema, referenceParams, retryAnswer, retrySchema } from './schema.ts';

const ITEM = {
  reference: 'BWwmkoxO3YTfpEt',
  account: 'acc_aB3dE6gH9jK2',
  profile: 'forget',
  masked: '44********23',
  state: 'failed',
  deadline_state: 'on_track',
  accepted_at: '2026-01-31T12:00:00.000Z',
  due_at: '2026-02-01T12:00:00.000Z',
  erased: { sent_sms: 600, calls: 4 },
  failed: { code: 'refused', where: 'sent_sms.to (_id 6b079a8c46314279c9b027fc)', count: 1 },
  until: '2026-01-31T12:05:00.000Z',
  why: 'A unique index or a validator refuses what is written in place of the number (refused): sent_sms.to (_id 6b079a8c46314279c9b027fc)',
};
const DETAILS = {
  ...ITEM,
  completed_at: '2026-01-31T12:10:00.000Z',
  cancelled_at: '2026-01-31T12:10:00.000Z',
  timeline: [
    { at: '2026-01-31T12:00:00.000Z', what: 'accepted' },
    { at: '2026-01-31T12:00:02.000Z', what: 'failed', detail: 'A unique index or a validator refuses …' },
  ],
  attempts: [
    {
      at: '2026-01-31T12:00:02.000Z',
      code: 'refused',
      plain: 'A unique index or a validator refuses what is written in place of the number (refused)',
      where: 'sent_sms.to (_id 6b079a8c46314279c9b027fc)',
      count: 1,
      ids: ['6b079a8c46314279c9b027fc'],
    },
  ],
  failures: 1,
  lease: { holder: '0b6f1c1e-0d6a-4a0e-9d34-0c6f9e1f6f11', until: '2026-01-31T12:00:32.000Z' },
  next_look_at: '2026-01-31T12:05:00.000Z',
  scan: { percent: 40, read: 4_000, of: 10_000, off: true, elsewhere: { 'notes.text': 2 } },
  waits_for: { what: 'scan', until: '2026-01-31T12:05:00.000Z' },
  can: { retry: true, cancel: false },
  grace_until: '2026-01-31T12:10:00.000Z',
  requested_by: 'aB3dE6gH9jK2mN5p',
  cancelled_by: 'aB3dE6gH9jK2mN5p',
};

const refusals = namedAnswers('route_not_found');
const conflicts = namedAnswers('route_not_found', 'not_now');

/** The description of the door to the requests themselves. */
export const requestsApi: readonly Operation[] = [
  {
    method: 'get',
    path: '/requests',
    summary: 'Requests: how they stand, why, and until when',
    description:
      "Of the caller's account and its sub-accounts. `next` is the `cursor` of the next page. A number is shown masked, and only " +
      'while its request is open.',
    query: listSchema,
    'x-scope': 'look',
    responses: {
      200: {
        description: 'One page',
        schema: listAnswer,
        example: {
          items: [{ ...ITEM, completed_at: '2026-01-31T12:10:00.000Z', cancelled_at: '2026-01-31T12:10:00.000Z' }],
          next: 'WyJkdWUi',
        },
      },
      ...refusals,
    },
  },
  {
    method: 'post',
    path: '/requests/retry',
    summary: 'Have several requests taken up at once',
    description: 'Each is told of by itself: those that cannot be retried as they stand hinder no other.',
    body: retrySchema,
    bodyExample: { references: ['BWwmkoxO3YTfpEt'] },
    'x-scope': 'forget',
    responses: {
      200: {
        description: 'What became of each',
        schema: retryAnswer,
        example: {
          retried: ['BWwmkoxO3YTfpEt'],
          refused: [{ reference: 'ta3ma3jEx3hCJgp', why: 'the request is completed' }],
        },
      },
      ...refusals,
    },
  },
  {
    method: 'get',
    path: '/requests/:reference',
    summary: 'One request: its life, its failed attempts, what it waits for',
    params: referenceParams,
    'x-scope': 'look',
    responses: { 200: { description: 'The request', schema: detailsAnswer, example: DETAILS }, ...refusals },
  },
  {
    method: 'post',
    path: '/requests/:reference/retry',
    summary: 'Have a request taken up at once, instead of at its next look',
    params: referenceParams,
    'x-scope': 'forget',
    responses: { 200: { description: 'The request', schema: detailsAnswer, example: DETAILS }, ...conflicts },
  },
  {
    method: 'post',
    path: '/requests/:reference/cancel',
    summary: 'Call a request off, while nothing of it is erased',
    description:
      'Of a request with a time of grace, until a worker takes it up. The number is suppressed afterwards as it was before the ' +
      'request, or not.',
    params: referenceParams,
    'x-scope': 'forget',
    responses: { 200: { description: 'The request', schema: detailsAnswer, example: DETAILS }, ...conflicts },
  },
];
