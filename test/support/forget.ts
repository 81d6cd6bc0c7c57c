import { type ErasureRequest, requestsOf } from '../../src/ledger/requests/ledger.ts';
import { expectStatus } from './expect-status.ts';
import type { Platform } from './platform.ts';
import { waitFor } from './wait-for.ts';
import { type Answer, call } from './wire.ts';

/** Asks for a number to be forgotten, over HTTP. @returns the answer, whatever it is */
export function askToForget(url: string, key: string, body: object): Promise<Answer> {
  return call(url, '/gdpr/forget', { key, body });
}

/** Asks for a number to be forgotten, which is accepted. @returns the request's reference */
export async function forget(url: string, key: string, body: object): Promise<string> {
  const answer = await askToForget(url, key, body);
  expectStatus(answer, 200);
  return String(answer.body.reference);
}

/** The request's row in the ledger, as soon as the condition holds of it. */
export function untilRequest(
  platform: Platform,
  reference: string,
  what: string,
  holds: (request: ErasureRequest) => boolean,
): Promise<ErasureRequest> {
  return waitFor(what, async () => {
    const request = await requestsOf(platform.core.db).findOne({ reference });
    return request && holds(request) ? request : null;
  });
}

/** The request's row when it is completed. */
export function untilCompleted(platform: Platform, reference: string): Promise<ErasureRequest> {
  return untilRequest(platform, reference, 'completion', (request) => request.state === 'completed');
}
