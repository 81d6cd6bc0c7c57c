import type { CountryCode } from '../../src/phone/countries.ts';
import { describeErrors, errorAnswers } from '../openapi/error-answers.ts';
import type { Answer, Operation } from '../openapi/operation.ts';
import { acceptedAnswer, checkAnswer, foundAnswer, previewAnswer, statusAnswer } from './answers.ts';
import {
  batchAnswer,
  batchParams,
  batchSchema,
  checkSchema,
  forgetSchema,
  previewSchema,
  statusBodySchema,
  statusSchema,
} from './schema.ts';

const ACCEPTED = {
  status: 'SUCCESS',
  msg: 'Your request has been accepted',
  reference: 'BWwmkoxO3YTfpEt',
  created_at: 1548892800,
};
const REMOVED = {
  ...ACCEPTED,
  msg: 'The number has been removed',
  state: 'completed',
  due_at: 1548979200,
  deadline: 'met',
  completed_at: 1548892860,
  erased: { contacts: 1, sent_sms: 12 },
  why: '2 recordings not found',
};

const BATCH = {
  batch: 'bat_BWwmkoxO3YTfpEt',
  state: 'done',
  lines: 2,
  done: 2,
  accepted: 1,
  refused: 1,
  items: [
    { line: 1, state: 'accepted', reference: 'BWwmkoxO3YTfpEt' },
    { line: 2, state: 'refused', error: { code: 76, msg: 'Cannot use this number' } },
  ],
};

const SEARCHED = { from: '2019-01-28', to: '2019-02-03' };
const FOUND = { ...REMOVED, requests: [REMOVED], total: 1, day: '2019-01-31', ...SEARCHED, searched: SEARCHED };
const READING = {
  number: '447700900123',
  international: '+44 7700 900123',
  national: '07700 900123',
  country: 'GB',
};
const STANDING = {
  number_read: READING,
  suppressed: true,
  accepted_at: '2019-01-31T00:00:00.000Z',
  due_at: '2019-02-01T00:00:00.000Z',
  completed_at: '2019-01-31T00:01:00.000Z',
  why: 'Messages to the number are scheduled: they are sent first',
  until: '2019-01-31T12:00:00.000Z',
  held_again: true,
};

/** The description of many numbers at once. */
const batchApi: readonly Operation[] = [
  {
    method: 'post',
    path: '/gdpr/forget/batch',
    summary: 'Erase many numbers',
    description:
      'Each number is accepted or refused as by `/gdpr/forget`; what stands in `items` is done. With 202 there are more: send the ' +
      'same body again. The same list answers the same for a day, however often it is sent.',
    'x-scope': 'forget',
    body: batchSchema,
    bodyExample: { numbers: [447700900123, '447700900124'] },
    responses: {
      200: { description: 'All lines are done', schema: batchAnswer, example: { ...BATCH, digest: 'a3f5…' } },
      202: { description: 'Some lines are done: send the same again', schema: batchAnswer },
      ...errorAnswers(describeErrors()),
    },
  },
  {
    method: 'get',
    path: '/gdpr/forget/batch/:batch',
    summary: 'How far a batch is, and what became of its lines',
    'x-scope': 'look',
    params: batchParams,
    responses: {
      200: { description: 'The batch as it stands', schema: batchAnswer, example: BATCH },
      ...errorAnswers(describeErrors(['no_records'])),
    },
  },
];

/** The description of the forget and status contract. */
export function forgetApi(prefixes: readonly string[], countries: readonly CountryCode[]): Operation[] {
  const status: Omit<Operation, 'method' | 'path'> = {
    'x-scope': 'look',
    lenient: true,
    summary: 'Is it done? By day of submission, or by reference',
    description:
      'In the state `scanning`, `scan` says how many records have been read since, `read`, of about how many, `of`. ' +
      '`why` says what a request waits for or what stands in its way, `until` until when, at the latest. ' +
      "`scan: off`: the account's records are not read; `not_scanned`: collections that are not, as the data map says. `elsewhere` counts records in which the number stood where the data map names none.",
    responses: {
      200: {
        description:
          'The newest match, and all of them. `day` is the day that was searched; for `last week` and the like `from` and ' +
          '`to` are its first and last day',
        schema: foundAnswer,
        example: FOUND,
      },
      ...errorAnswers(describeErrors(['no_records', 'request_failed'])),
    },
  };
  return [
    {
      method: 'post',
      path: '/gdpr/forget',
      'x-scope': 'forget',
      summary: 'Erase a number',
      description:
        'When it answers, the number is suppressed and the request is safe. It is erased within the deadline.',
      body: forgetSchema(prefixes),
      bodyExample: { number: 447700900123, sandbox: true },
      responses: {
        200: {
          description: 'Accepted; a dry run adds `sandbox` and `would_erase`',
          schema: acceptedAnswer,
          example: ACCEPTED,
        },
        ...errorAnswers(describeErrors(['no_affiliation'])),
      },
    },
    ...batchApi,
    { method: 'get', path: '/gdpr/status', ...status, query: statusSchema },
    {
      ...status,
      method: 'post',
      path: '/gdpr/status',
      summary: 'Is it done? By number, by day of submission, or by reference',
      description: `${status.description} By \`number\` the answer is how it stands, \`gone\`, \`on_its_way\`, \`failed\` or \`never_asked\`, and no record is read. \`held_again\`: it came on record after it was erased.`,
      body: statusBodySchema(prefixes, countries),
      bodyExample: { date: 'yesterday' },
      responses: {
        ...status.responses,
        200: {
          ...(status.responses[200] as Answer),
          schema: statusAnswer,
          example: { ...FOUND, ...STANDING, state: 'gone' },
        },
      },
    },
    {
      method: 'post',
      path: '/gdpr/forget/preview',
      'x-scope': 'forget',
      summary: 'What would be erased',
      description: 'Changes nothing. `already` is the reference of a request that is under way.',
      body: previewSchema(prefixes, countries),
      bodyExample: { number: '07700 900123' },
      responses: {
        200: {
          description: 'How the number was read, and records by collection',
          schema: previewAnswer,
          example: { read: READING, counts: { contacts: 1, sent_sms: 12 }, already: ACCEPTED.reference },
        },
        ...errorAnswers(describeErrors()),
      },
    },
    {
      method: 'post',
      path: '/blacklist/check',
      'x-scope': 'look',
      summary: 'May this number be written to?',
      lenient: true,
      body: checkSchema(prefixes),
      bodyExample: { number: 447700900123 },
      responses: {
        200: { description: 'Whether it is suppressed', schema: checkAnswer, example: { blacklisted: true } },
        ...errorAnswers(describeErrors()),
      },
    },
  ];
}
