import { ERRORS, type ErrorName } from '../../src/base/errors.ts';
import type { Answer, Operation } from '../openapi/operation.ts';
import { ERROR_CODES } from './present.ts';
import { contactParams } from './schema.ts';

const NAMES = [
  'bad_input',
  'unauthorized',
  'body_too_large',
  'rate_limited',
  'internal',
  'unavailable',
] as const satisfies ErrorName[];

const errorAnswers = (): Record<number, Answer> =>
  Object.fromEntries(
    NAMES.map((name) => {
      const { status, message } = ERRORS[name];
      return [status, { description: message, example: { error_code: ERROR_CODES[name], message } }];
    }),
  );

/** What the contract to erase a contact tells about itself. */
export function contactOperations(): Operation[] {
  return [
    {
      method: 'delete',
      path: '/v1/contacts/:e164',
      door: 'contact',
      summary: 'Erase what a person said and wrote',
      description:
        'Transcripts, recordings and message texts on the number go, in one transaction; rows, numbers and opt-outs stay. Repeating it answers 0 records.',
      params: contactParams,
      responses: {
        200: {
          description: 'Done',
          example: { erased: true, e164: '+2348031234567', records_affected: 12 },
        },
        ...errorAnswers(),
      },
    },
  ];
}
