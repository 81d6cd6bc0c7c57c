import { Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { verifyReceipt } from '../../src/ledger/receipts/verify.ts';
import { callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { RECEIPT_MEDIA } from './operations.ts';
import { PAGE_POLICY, printReceipt } from './page.ts';
import { matchSchema, receiptSchema } from './schema.ts';

/** A day: whoever checks receipts keeps the keys, and a new one is there long before it signs. */
const JWKS_SECONDS = 86_400;

/** The routes of receipts. */
export function receiptRoutes(deps: DoorDependencies): Router {
  const { receipts, signer, tokens, config } = deps.core;
  const guards = deps.guards();
  const router = Router();
  const find = async (account: string, reference: string) => {
    const row = await receipts.find(account, reference);
    if (row === null) throw new LetheError('no_records', 'There is no receipt under this reference');
    return row;
  };
  router
    .route('/gdpr/receipt')
    .all(...guards)
    .get(async (request, response) => {
      const { reference } = checkFields(receiptSchema, request.query);
      const { account } = callerOf(response);
      const { jws } = await find(account._id, reference);
      response.vary('Accept');
      if (request.accepts([RECEIPT_MEDIA, 'html']) !== 'html') {
        response.type(RECEIPT_MEDIA).send(jws);
        return;
      }
      // Verified like anybody's: a row that somebody changed is shown as no receipt.
      const verified = await verifyReceipt(jws, signer.jwks);
      response
        .set('Content-Security-Policy', PAGE_POLICY)
        .type('html')
        .send(printReceipt(verified, account, jws));
    })
    .all(refuseMethod('GET, HEAD'));
  const match = matchSchema(config.NUMBER_PREFIXES);
  router
    .route('/gdpr/receipt/match')
    .all(...guards)
    .post(async (request, response) => {
      const { reference, number } = checkFields(match, await readBody(request));
      const { account } = callerOf(response);
      const { jws } = await find(account._id, reference);
      const { claims } = await verifyReceipt(jws, signer.jwks);
      response.json({ matches: tokens.allTokens(account._id, number).includes(claims.token) });
    })
    .all(refuseMethod('POST'));
  router
    .route('/.well-known/jwks.json')
    .get((_request, response) => {
      response.set('Cache-Control', `public, max-age=${JWKS_SECONDS}`).json(signer.jwks);
    })
    .all(refuseMethod('GET, HEAD'));
  return router;
}
