import { describeErrors, errorAnswers } from '../openapi/error-answers.ts';
import type { Operation } from '../openapi/operation.ts';
import { presentDsrError } from './present.ts';
import { cancelledAnswer, receivedAnswer, statusAnswer, subjectRequestParams, subjectRequestSchema } from './schema.ts';

const ID = 'a7551968-d5d6-44b2-9831-815ac9017798';
const errors = (...names: Parameters<typeof describeErrors>[0] & object) =>
  errorAnswers(describeErrors(names, presentDsrError));

/** The description of OpenDSR 2.0. */
export const opendsrApi: readonly Operation[] = [
  {
    open: true,
    method: 'get',
    path: '/opendsr/2.0/discovery',
    summary: 'What of OpenDSR is supported here',
    responses: {
      200: { description: 'Identities, kinds of requests, where the certificate is' },
      ...errors('route_not_found'),
    },
  },
  {
    open: true,
    method: 'get',
    path: '/opendsr/2.0/certificate.pem',
    summary: 'The certificate that answers and callbacks are signed with',
    responses: { 200: { description: 'PEM', type: 'application/x-pem-file' }, ...errors('route_not_found') },
  },
  {
    method: 'post',
    path: '/opendsr/2.0/requests',
    summary: 'Have a data subject erased, by a controller',
    description:
      'As `/gdpr/forget`. The number is a `controller_customer_id` (raw), or `phone_number` of the extension.',
    'x-scope': 'forget',
    body: subjectRequestSchema,
    bodyExample: {
      regulation: 'gdpr',
      subject_request_id: ID,
      subject_request_type: 'erasure',
      submitted_time: '2026-02-01T00:00:00Z',
      subject_identities: [
        { identity_type: 'controller_customer_id', identity_value: '447700900123', identity_format: 'raw' },
      ],
    },
    responses: { 201: { description: 'Received, signed', schema: receivedAnswer }, ...errors('route_not_found') },
  },
  {
    method: 'get',
    path: '/opendsr/2.0/requests/:subject_request_id',
    summary: 'How a request stands',
    'x-scope': 'look',
    params: subjectRequestParams,
    responses: { 200: { description: 'Its status, signed', schema: statusAnswer }, ...errors('no_records') },
  },
  {
    method: 'delete',
    path: '/opendsr/2.0/requests/:subject_request_id',
    summary: 'Call a request off, while it is pending',
    'x-scope': 'forget',
    params: subjectRequestParams,
    responses: { 202: { description: 'Called off, signed', schema: cancelledAnswer }, ...errors('no_records') },
  },
];
