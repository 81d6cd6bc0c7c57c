import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataMapInput } from '../../../src/engine/map/version-1.ts';
import { SUPPRESSION_LIST, writeMap } from '../../support/map-file.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { call } from '../../support/wire.ts';

const DIGITS = '447700900123';
const OTHER = '447700900555';

const MAP = {
  version: 1,
  collections: [
    {
      collection: 'group_sms',
      account: 'tenant.id',
      record: 'message',
      numbers: ['people[].phone'],
      fields: [
        { path: 'content.text', category: 'body' },
        { path: 'people[].reply', category: 'body' },
        { path: 'people[].name', category: 'name' },
      ],
      pending: { path: 'status', values: ['queued'], at: 'due' },
    },
    {
      collection: 'voicemails',
      account: 'tenant.id',
      record: 'other',
      numbers: ['from'],
      fields: [{ path: 'text', category: 'transcript' }],
    },
    SUPPRESSION_LIST,
  ],
  profiles: { contact: { records: { other: 'delete' } } },
} as const satisfies DataMapInput;

describe('erasing a contact under a map of the platform’s own', () => {
  let platform: Platform;
  let map: Awaited<ReturnType<typeof writeMap>>;
  let url: string;

  beforeAll(async () => {
    map = await writeMap(MAP);
    platform = await openPlatform('e2e-contact-map', { DATA_MAP: map.file });
    ({ url } = await platform.startApi());
  });
  afterAll(async () => {
    await platform?.close();
    await map?.remove();
  });

  it('reaches into arrays, counts records, leaves pending ones, and ends at 0', async () => {
    const { account, key } = await platform.account();
    const tenant = { id: account.records_id };
    const groups = platform.core.db.collection('group_sms');
    await groups.insertMany([
      {
        tenant,
        status: 'sent',
        content: { text: 'Hi both' },
        people: [
          { phone: DIGITS, name: 'Jo', reply: 'from Jo' },
          { phone: OTHER, name: 'Al', reply: 'from Al' },
          { phone: `+${DIGITS}`, name: 'Jo', reply: null },
        ],
      },
      { tenant, status: 'sent', content: { text: '[REDACTED]' }, people: [{ phone: DIGITS, reply: 'left over' }] },
      { tenant, status: 'sent', content: { text: '[REDACTED]' }, people: [{ phone: DIGITS, reply: '[REDACTED]' }] },
      { tenant, status: 'sent', people: [{ phone: DIGITS }, { phone: OTHER, reply: 'from Al' }] },
      { tenant, status: 'queued', content: { text: 'Later' }, people: [{ phone: DIGITS }], due: new Date() },
      { tenant, status: 'sent', content: { text: 'Hi Al' }, people: [{ phone: OTHER, reply: 'from Al' }] },
    ]);
    await platform.core.db.collection('voicemails').insertMany([
      { tenant, from: DIGITS, text: 'a voicemail' },
      { tenant, from: OTHER, text: 'another' },
    ]);
    const erase = () => call(url, `/v1/contacts/%2B${DIGITS}`, { method: 'DELETE', key });
    expect((await erase()).body).toEqual({ erased: true, e164: `+${DIGITS}`, records_affected: 3 });
    const rows = await groups
      .find({ 'tenant.id': account.records_id })
      .project({ _id: 0, content: 1, people: 1 })
      .toArray();
    expect(rows).toEqual([
      {
        content: { text: '[REDACTED]' },
        people: [
          { phone: DIGITS, name: 'Jo', reply: '[REDACTED]' },
          { phone: OTHER, name: 'Al', reply: 'from Al' },
          { phone: `+${DIGITS}`, name: 'Jo', reply: null },
        ],
      },
      { content: { text: '[REDACTED]' }, people: [{ phone: DIGITS, reply: '[REDACTED]' }] },
      { content: { text: '[REDACTED]' }, people: [{ phone: DIGITS, reply: '[REDACTED]' }] },
      { people: [{ phone: DIGITS }, { phone: OTHER, reply: 'from Al' }] },
      { content: { text: 'Later' }, people: [{ phone: DIGITS }] },
      { content: { text: 'Hi Al' }, people: [{ phone: OTHER, reply: 'from Al' }] },
    ]);
    const left = await platform.core.db.collection('voicemails').find({ 'tenant.id': account.records_id }).toArray();
    expect(left.map((row) => row.text)).toEqual(['another']);
    expect((await erase()).body.records_affected).toBe(0);
  });
});
