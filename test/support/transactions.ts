import type { Platform } from './platform.ts';
import { type Answer, call } from './wire.ts';

/** What the redact contract's errors begin with. */
export const ERRORS_AT = 'https://developer.nexmo.com/api-errors';

/** The account's own number, and the number of a person. */
export const OWN = '447700900999';
export const PERSON = '447700900123';

export const OLD = new Date('2026-01-01T00:00:00Z');

/** `Authorization` as the contract's document shows it: key and secret, Base64. */
export const basic = (key: string): string => `Basic ${Buffer.from(key.replace('.', ':')).toString('base64')}`;

/** `POST /v1/redact/transaction` with Basic, as a customer sends it. */
export const redact = (url: string, key: string, body: object | string): Promise<Answer> =>
  call(url, '/v1/redact/transaction', {
    body,
    headers: { authorization: basic(key), 'content-type': 'application/json' },
  });

/** One record of every kind that a transaction id may belong to, under the ids that stand here. */
export async function insertTransactions({ core: { db } }: Platform, account: unknown, at = OLD): Promise<void> {
  const owner = { account_id: account };
  await db.collection('sent_sms').insertMany([
    { ...owner, message_id: 'out-1', to: PERSON, from: 'ACME', body: 'Hi Jo', status: 'delivered', sent_at: at },
    { ...owner, message_id: 'both-1', to: PERSON, from: 'ACME', body: 'Hi Jo', status: 'delivered', sent_at: at },
  ]);
  await db.collection('received_sms').insertMany([
    { ...owner, message_id: 'in-1', from: PERSON, to: OWN, body: 'Stop it', received_at: at },
    { ...owner, message_id: 'both-1', from: PERSON, to: OWN, body: 'Stop it', received_at: at },
  ]);
  const call = { ...owner, started_at: at, status: 'answered', caller_name: 'Jo', transcript: ['hello'] };
  await db.collection('calls').insertMany([
    { ...call, call_id: 'call-out', direction: 'outbound', from: OWN, to: PERSON, recording_url: null },
    { ...call, call_id: 'call-in', direction: 'inbound', from: PERSON, to: OWN, recording_url: null },
    { ...call, call_id: 'call-none', from: PERSON, to: OWN },
  ]);
  await db.collection('verifications').insertOne({ ...owner, request_id: 'v-1', number: PERSON, created_at: at });
  await db
    .collection('insights')
    .insertOne({ ...owner, request_id: 'n-1', number: PERSON, caller_name: 'Jo', created_at: at });
}
