import type { CountryCode } from '../../src/phone/countries.ts';
import { namedAnswers } from '../http/named-errors.ts';
import type { Operation } from '../openapi/operation.ts';
import { checkAnswer, checkSchema, liftAnswer, liftSchema, listAnswer, listSchema } from './schema.ts';

const ROW = {
  since: '2026-01-31T12:00:00.000Z',
  why: 'gdpr_forget',
  by: 'jo@example.com',
  reference: 'BWwmkoxO3YTfpEt',
};
const EXAMPLE = '07700 900123';

/** The description of the suppression list. */
export function suppressionsApi(prefixes: readonly string[], countries: readonly CountryCode[]): Operation[] {
  return [
    {
      method: 'get',
      path: '/suppressions',
      'x-scope': 'look',
      summary: 'The numbers that are suppressed, masked, newest first',
      query: listSchema,
      responses: {
        200: {
          description: 'One page; `next` when there are more',
          schema: listAnswer,
          example: { items: [{ id: 'q7Rw2Xt9Kd4Lm6Pz', masked: '44********23', ...ROW }], next: 'WyJ4Il0' },
        },
        ...namedAnswers(),
      },
    },
    {
      method: 'post',
      path: '/suppressions/check',
      'x-scope': 'look',
      summary: 'Is this number suppressed, since when, why and by whom?',
      body: checkSchema(prefixes, countries),
      bodyExample: { number: EXAMPLE },
      responses: {
        200: { description: 'The row, if there is one', schema: checkAnswer, example: { suppressed: true, ...ROW } },
        ...namedAnswers(),
      },
    },
    {
      method: 'post',
      path: '/suppressions/lift',
      'x-scope': 'forget',
      summary: 'Take a number off the list: it may be written to again',
      description:
        'Not while the number is being forgotten. A row that the platform itself has put there stays; then `suppressed` is true.',
      body: liftSchema(prefixes, countries),
      bodyExample: { number: EXAMPLE, reason: 'asked for by the person, by letter' },
      responses: {
        200: {
          description: 'Lifted, and whether the number is suppressed all the same',
          schema: liftAnswer,
          example: { suppressed: false },
        },
        ...namedAnswers('no_records', 'conflict'),
      },
    },
  ];
}
