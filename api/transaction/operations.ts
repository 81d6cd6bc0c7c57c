import { ERRORS } from '../../src/base/errors.ts';
import { problemAnswers } from '../http/problem.ts';
import type { Operation } from '../openapi/operation.ts';
import { redactSchema } from './schema.ts';

const { message: NOT_REMOVABLE } = ERRORS.not_removable;

/** The description of the redact contract. */
export const transactionApi: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/redact/transaction',
    'x-scope': 'redact',
    summary: 'Redact one transaction',
    description:
      'The record is masked when it answers. The key goes into the Authorization header; older clients may send it as ' +
      '`?api_key=ID&api_secret=SECRET`.',
    body: redactSchema,
    bodyExample: { id: '0A000000B0C9A1234', product: 'sms', type: 'outbound' },
    responses: {
      204: { description: 'The record is redacted, now or before', type: null },
      ...problemAnswers({
        premature: "You must wait 60 minutes before redacting ID '0A000000B0C9A1234'",
        unprovisioned: 'User=ABC123 is not provisioned to redact product=SMS',
        invalid_id: "ID '0A000000B0C9A1234' could not be found (type=MT)",
        not_removable: NOT_REMOVABLE,
        invalid_json: 'The body is not JSON',
        invalid_product: 'No product corresponding to supplied string sms2!',
      }),
    },
  },
];
