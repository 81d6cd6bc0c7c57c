import { describeErrors, errorAnswers } from '../openapi/error-answers.ts';
import type { Operation } from '../openapi/operation.ts';
import { presentContactError } from './present.ts';
import { contactParams } from './schema.ts';

/** The description of the contract to erase a contact. */
export const contactApi: readonly Operation[] = [
  {
    method: 'delete',
    path: '/v1/contacts/:e164',
    'x-scope': 'forget',
    summary: 'Erase what a person said and wrote',
    description:
      'Transcripts, recordings and message texts on the number go, in one transaction; rows, numbers and opt-outs stay. Repeating it answers 0 records.',
    params: contactParams,
    responses: {
      200: {
        description: 'Done',
        example: { erased: true, e164: '+2348031234567', records_affected: 12 },
      },
      ...errorAnswers(describeErrors(['not_removable', 'internal'], presentContactError)),
    },
  },
];
