import type { Account } from '../../src/ledger/accounts/accounts.ts';
import type { Platform } from './platform.ts';

export const OWN = '447700900999';
export const JO = '447700900123';
export const SAM = '447700900555';

export interface Party {
  readonly account: Account;
  readonly key: string;
}

/** An agency, two of its sub-accounts, and an agency that has nothing to do with them. */
export async function makeAgency(platform: Platform, timeZone = 'Europe/London') {
  const { core } = platform;
  const make = async (agency?: string): Promise<Party> => {
    const now = new Date();
    const account = await core.accounts.create({ name: 'A', timeZone, now, ...(agency !== undefined && { agency }) });
    const made = await core.keys.create({ account: account._id, now });
    if (!made) throw new Error('no key was made');
    return { account, key: made.whole };
  };
  const agency = await make();
  return {
    agency,
    sub: await make(agency.account._id),
    sibling: await make(agency.account._id),
    stranger: await make(),
  };
}

/** Sets what an account has set, as if it had been so for a week. */
export async function setRedaction(platform: Platform, account: Account, settings: object): Promise<void> {
  const weekAgo = new Date(Date.now() - 7 * 86_400_000);
  await platform.core.db
    .collection<Account>('lethe_accounts')
    .updateOne(
      { _id: account._id },
      { $set: { redaction: { allowed_at: weekAgo, automatic_at: weekAgo, ...settings } } },
    );
}

/** The agency allows redaction, and its sub-account has set this of it. */
export async function allowRedaction(
  platform: Platform,
  { agency, sub }: Pick<Awaited<ReturnType<typeof makeAgency>>, 'agency' | 'sub'>,
  settings: object,
): Promise<void> {
  await setRedaction(platform, agency.account, { allow_sub_accounts: true });
  await setRedaction(platform, sub.account, settings);
}

/** A call with everything in it that redaction removes and keeps. */
export const callOf = (account: Account, id: string, at: Date, fields: object = {}) => ({
  account_id: account.records_id,
  call_id: id,
  direction: 'inbound',
  from: JO,
  to: OWN,
  started_at: at,
  status: 'answered',
  source: 'newspaper',
  call_flow: ['menu', 'sales'],
  caller_name: 'Jo Bloggs',
  caller_id: { city: 'Leeds' },
  enhanced_caller_id: { age: 40 },
  email: 'jo@example.org',
  transcript: ['hello', 'this is Jo'],
  recording_url: null,
  notes: 'rang twice',
  tags: ['sales', 'vip'],
  visitor: { ip: '192.0.2.7' },
  custom: { size: 'L' },
  ...fields,
});

export const receivedOf = (account: Account, id: string, at: Date, fields: object = {}) => ({
  account_id: account.records_id,
  message_id: id,
  from: JO,
  to: OWN,
  body: 'Hi, it is Jo',
  status: 'received',
  source: 'web',
  received_at: at,
  ...fields,
});

export const sentOf = (account: Account, id: string, at: Date, fields: object = {}) => ({
  account_id: account.records_id,
  message_id: id,
  from: OWN,
  to: JO,
  body: 'Dear Jo',
  status: 'delivered',
  sent_at: at,
  ...fields,
});

export const chatOf = (account: Account, id: string, at: Date, fields: object = {}) => ({
  account_id: account.records_id,
  chat_id: id,
  number: JO,
  tracking_number: OWN,
  name: 'Jo',
  email: 'jo@example.org',
  messages: ['hello', 'Jo here'],
  tags: ['vip'],
  status: 'closed',
  source: 'web',
  started_at: at,
  ...fields,
});

export const formOf = (account: Account, id: string, at: Date, fields: object = {}) => ({
  account_id: account.records_id,
  form_id: id,
  number: JO,
  tracking_number: OWN,
  name: 'Jo',
  answers: { question: 'Do you ring Jo?' },
  visitor: { ip: '192.0.2.7' },
  status: 'submitted',
  source: 'web',
  submitted_at: at,
  ...fields,
});
