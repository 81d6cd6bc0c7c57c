import { describeErrors, errorAnswers } from '../openapi/error-answers.ts';
import type { Operation } from '../openapi/operation.ts';
import { checkSchema, forgetSchema, statusSchema } from './schema.ts';

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
  completed_at: 1548892860,
  erased: { contacts: 1, sent_sms: 12 },
};

/** The description of the forget and status contract. */
export function forgetApi(prefixes: readonly string[]): Operation[] {
  const status: Omit<Operation, 'method' | 'path'> = {
    'x-scope': 'look',
    lenient: true,
    summary: 'Is it done? By day of submission, or by reference',
    description:
      'In the state `scanning`, `scan` says how many records have been read since, `read`, of about how many, `of`. ' +
      "`scan: off`: the account's records are not read. `elsewhere` counts records in which the number stood where the data map names none.",
    responses: {
      200: {
        description:
          'The newest match, and all of them. `day` is the day that was searched; for `last week` and the like `from` and ' +
          '`to` are its first and last day',
        example: { ...REMOVED, requests: [REMOVED], total: 1, day: '2019-01-31', from: '2019-01-28', to: '2019-02-03' },
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
        200: { description: 'Accepted; a dry run adds `sandbox` and `would_erase`', example: ACCEPTED },
        ...errorAnswers(describeErrors(['no_affiliation'])),
      },
    },
    { method: 'get', path: '/gdpr/status', ...status, query: statusSchema },
    { method: 'post', path: '/gdpr/status', ...status, body: statusSchema, bodyExample: { date: 'yesterday' } },
    {
      method: 'post',
      path: '/blacklist/check',
      'x-scope': 'look',
      summary: 'May this number be written to?',
      lenient: true,
      body: checkSchema(prefixes),
      bodyExample: { number: 447700900123 },
      responses: {
        200: { description: 'Whether it is suppressed', example: { blacklisted: true } },
        ...errorAnswers(describeErrors()),
      },
    },
  ];
}
