import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { parseKeyRing } from '../../../src/base/keys/key-ring.ts';
import { createSeal } from '../../../src/base/keys/seal.ts';
import { openAnnounced, openRefused, storeAnnounced, storeRefused } from '../../../src/ledger/requests/announced.ts';
import { speakableId } from '../../../src/lib/speakable-id.ts';

const { ObjectId, UUID, Long, Decimal128, Binary } = mongoose.mongo;

const ring = parseKeyRing(`key1:${Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64')}`);
if (!ring.ok) throw new Error('no ring');
const seal = createSeal(ring.ring);
const NUMBER = '447700900123';

const SPOKEN: readonly unknown[] = [
  new ObjectId('447700900123447700900123'),
  new UUID('44770090-0123-4000-8000-000000000001'),
  '44770090-0123-4000-8000-000000000001',
  'msg_12',
  17,
  true,
  new Date(0),
];
const SEALED: readonly unknown[] = [
  NUMBER,
  `wa:${NUMBER}`,
  Number(NUMBER),
  Long.fromString(NUMBER),
  Decimal128.fromString(NUMBER),
  '٤٤٧٧٠٠٩٠٠١٢٣',
  { number: NUMBER },
  new Binary(Buffer.from(NUMBER)),
  'x'.repeat(200),
  Buffer.from(`from +${NUMBER}.`).toString('base64'),
  `wamid.${Buffer.from(`\x1c\x18\x0c${NUMBER}\x15`, 'latin1').toString('base64')}`,
];

describe('announcements in the ledger', () => {
  it.each(SPOKEN.map((id) => [id]))('keep %p as it is', (id) => {
    const batch = [{ target: 't', name: 'n', ids: [id] }];
    expect(storeAnnounced(seal, batch, 'r')).toEqual(batch);
    expect(speakableId(id)).toBeDefined();
  });

  it.each(SEALED.map((id) => [id]))('seal %p, which may be a number or hold one', (id) => {
    const [stored] = storeAnnounced(seal, [{ target: 't', name: 'n', ids: ['msg_12', id] }], 'r');
    expect(Object.keys(stored ?? {}).sort()).toEqual(['name', 'sealed', 'target']);
    const [opened] = openAnnounced(seal, stored ? [stored] : [], 'r');
    expect(opened?.ids.map(String)).toEqual(['msg_12', id].map(String));
    expect(speakableId(id)).toBeUndefined();
    expect(() => openAnnounced(seal, stored ? [stored] : [], 'another')).toThrow('cannot be opened');
  });
});

describe('records that refuse their change, in the ledger', () => {
  const refusal = (id: unknown, more: object = {}) => ({
    name: 'calls',
    id,
    why: 'refused' as const,
    where: 'a.b',
    ...more,
  });

  it('stand together by collection, cause and place, and come back one by one', () => {
    const refused = [
      refusal('msg_1'),
      refusal(NUMBER, { where: 'a.c' }),
      refusal('msg_2'),
      refusal('msg_3', { name: 'sent_sms' }),
      refusal('msg_4', { why: 'unexpected' }),
    ];
    const stored = storeRefused(seal, refused, 'r');
    expect(stored).toEqual([
      { name: 'calls', why: 'refused', where: 'a.b', ids: ['msg_1', 'msg_2'] },
      { name: 'calls', why: 'refused', where: 'a.c', sealed: expect.any(String) },
      { name: 'sent_sms', why: 'refused', where: 'a.b', ids: ['msg_3'] },
      { name: 'calls', why: 'unexpected', where: 'a.b', ids: ['msg_4'] },
    ]);
    const [first, sealed, third, fourth, ...rest] = refused;
    expect(rest).toHaveLength(1);
    expect(openRefused(seal, stored, 'r')).toEqual([first, third, sealed, fourth, ...rest]);
  });

  it('keep the types of their ids', () => {
    const ids = [Long.fromString(NUMBER), new Date(5), new Binary(Buffer.from(NUMBER)), 7];
    const stored = storeAnnounced(seal, [{ target: 't', name: 'n', ids }], 'r');
    const [opened] = openAnnounced(seal, stored, 'r');
    expect(opened?.ids.map((id) => Object.getPrototypeOf(Object(id)).constructor.name)).toEqual([
      ...['Long', 'Date', 'Binary', 'Int32'],
    ]);
    expect(openAnnounced(seal, [{ target: 't', name: 'n' }], 'r')).toEqual([{ target: 't', name: 'n', ids: [] }]);
  });
});
