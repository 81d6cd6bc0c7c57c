import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { failureOf } from '../../../../src/ledger/requests/failure-of.ts';
import { lateToken, plainToken } from '../../../../src/ledger/requests/late-token.ts';
import { MOST_NAMED } from '../../../../src/ledger/requests/ledger.ts';

const { ObjectId } = mongoose.mongo;
const [ONE, OTHER] = [new ObjectId('64b000000000000000000001'), new ObjectId('64b000000000000000000002')];
const [one, other] = [ONE.toHexString(), OTHER.toHexString()];
const refusal = (id: unknown, where = 'calls.from') => ({ name: 'calls', id, why: 'refused' as const, where });
const named = (id?: string, where = 'calls.from') => ({ name: 'refused' as const, where, ...(id && { id }) });

describe('the failure of a request because of records', () => {
  it.each<
    [what: string, refused: Parameters<typeof failureOf>[0], scan: Parameters<typeof failureOf>[1], is: object | null]
  >([
    ['none', [], undefined, null],
    ['none of a scan', [], { failures: [], failed: 0 }, null],
    [
      'one',
      [refusal(ONE)],
      undefined,
      { name: 'refused', where: `calls.from (_id ${one})`, count: 1, records: [named(one)] },
    ],
    [
      'one whose id may be the number',
      [refusal('447700900123')],
      undefined,
      { name: 'refused', where: 'calls.from', count: 1, records: [named()] },
    ],
    [
      'two',
      [refusal(ONE), refusal(OTHER)],
      undefined,
      { name: 'refused', where: `calls.from (_id ${one}, and 1 more)`, count: 2, records: [named(one), named(other)] },
    ],
    [
      'two whose ids may be the number',
      [refusal('447700900123'), refusal('447700900124')],
      {},
      { name: 'refused', where: 'calls.from (1 more)', count: 2, records: [named(), named()] },
    ],
    [
      'the same by both',
      [refusal(ONE)],
      { failures: [named(one, 'calls.note'), named(one, 'sent_sms.to')], failed: 2 },
      {
        ...{ name: 'refused', where: `calls.from (_id ${one}, and 1 more)`, count: 2 },
        records: [named(one), named(one, 'sent_sms.to')],
      },
    ],
    [
      'more by the scan than are named',
      [],
      { failures: [{ name: 'unmapped_number', where: 'x.y' }], failed: 30 },
      {
        ...{ name: 'unmapped_number', where: 'x.y (29 more)', count: 30 },
        records: [{ name: 'unmapped_number', where: 'x.y' }],
      },
    ],
    [
      'those of a scan that has counted none',
      [],
      { failures: [named(one)] },
      { name: 'refused', where: `calls.from (_id ${one})`, count: 1, records: [named(one)] },
    ],
  ])('%s', (_what, refused, scan, is) => {
    expect(failureOf(refused, scan)).toStrictEqual(is);
  });

  it('names no more than so many, and counts all', () => {
    const refused = Array.from({ length: MOST_NAMED + 5 }, () => refusal(new ObjectId()));
    const failure = failureOf(refused, { failures: [named('x')], failed: 1 });
    expect([failure?.count, failure?.records?.length]).toEqual([MOST_NAMED + 5, MOST_NAMED]);
    expect(failure?.where).toContain(`${MOST_NAMED + 4} more`);
  });
});

describe('the token of a request about late records', () => {
  it('is another, and says which it stands for', () => {
    expect(lateToken('k.abc')).not.toBe('k.abc');
    expect([plainToken(lateToken('k.abc')), plainToken('k.abc'), plainToken('')]).toEqual(['k.abc', 'k.abc', '']);
  });
});
