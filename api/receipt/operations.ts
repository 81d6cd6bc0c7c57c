import { describeErrors, errorAnswers } from '../openapi/error-answers.ts';
import type { Operation } from '../openapi/operation.ts';
import { matchAnswer, matchSchema, receiptSchema } from './schema.ts';

export const RECEIPT_MEDIA = 'application/jose';

/** The description of receipts. */
export function receiptApi(prefixes: readonly string[]): Operation[] {
  return [
    {
      method: 'get',
      path: '/gdpr/receipt',
      'x-scope': 'look',
      summary: 'The signed receipt of a completed erasure',
      description:
        'A compact JWS (EdDSA, Ed25519). With `Accept: text/html` a page that prints: for the person, or a regulator. ' +
        'No number stands in it.',
      query: receiptSchema,
      responses: {
        200: { description: 'The receipt', type: [RECEIPT_MEDIA, 'text/html'] },
        ...errorAnswers(describeErrors(['no_records'])),
      },
    },
    {
      method: 'post',
      path: '/gdpr/receipt/match',
      'x-scope': 'look',
      summary: 'Is this receipt about this number?',
      description: 'For whoever knows the number: the receipt has a keyed hash of it.',
      body: matchSchema(prefixes),
      bodyExample: { reference: 'BWwmkoxO3YTfpEt', number: 447700900123 },
      responses: {
        200: { description: 'Whether it is', schema: matchAnswer, example: { matches: true } },
        ...errorAnswers(describeErrors(['no_records'])),
      },
    },
    {
      open: true,
      method: 'get',
      path: '/.well-known/jwks.json',
      summary: 'The public keys that receipts are checked with',
      description:
        'A JSON Web Key Set (RFC 7517). Keep a copy beside the receipts: then they can be checked without this server.',
      responses: {
        200: {
          description: 'The keys, the one that signs first',
          example: {
            keys: [
              {
                kty: 'OKP',
                crv: 'Ed25519',
                x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
                kid: 'k20260301-1a2b',
                alg: 'EdDSA',
                use: 'sig',
              },
            ],
          },
        },
      },
    },
  ];
}
