import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { KeyRing } from '../../../../src/base/keys/key-ring.ts';
import { type AuditEntry, createAuditSeal } from '../../../../src/ledger/audit/entry.ts';

const KEYS = { old: Buffer.alloc(32, 1), new: Buffer.alloc(32, 2) };
const ringOf = (currentId: string, ...ids: (keyof typeof KEYS)[]): KeyRing => ({
  currentId,
  keys: new Map(ids.map((id) => [id, KEYS[id]])),
});

const seal = createAuditSeal(ringOf('new', 'new', 'old'));
const sealed = (more: object = {}): AuditEntry => {
  const body = {
    ...{ account_id: 'acc', seq: 1, at: new Date(0), actor: 'key', action: 'data.erasure', reason: 'r', previous: '' },
    counts: {},
    ...more,
  } as Omit<AuditEntry, 'mac' | '_id'>;
  return { _id: new mongoose.mongo.ObjectId(), ...body, mac: seal.mac(body) };
};

describe('the seal of an audit entry', () => {
  it('is of the current key, and that of an earlier one is still known', () => {
    const entry = sealed();
    expect(entry.mac).toMatch(/^new\.[\w-]{43}$/);
    expect([seal.isGenuine(entry), seal.hasKeyOf(entry)]).toEqual([true, true]);
    const earlier = createAuditSeal(ringOf('old', 'old'));
    const { _id, mac: _, ...body } = entry;
    const before = { _id, ...body, mac: earlier.mac(body) };
    expect([seal.isGenuine(before), seal.hasKeyOf(before)]).toEqual([true, true]);
    expect([earlier.isGenuine(entry), earlier.hasKeyOf(entry)]).toEqual([false, false]);
  });

  // What has the same text as what was sealed, and is not the same.
  it.each([
    ['counts', {}, []],
    ['counts', {}, ''],
    ['counts', {}, 7],
    ['counts', { calls: Number.NaN }, { calls: null }],
    ['reference', undefined, null],
    ['token', undefined, null],
    ['once', undefined, null],
    ['seq', Number.NaN, null],
    ['seq', 1, '1'],
    ['note', undefined, undefined],
  ])('is broken by %s of another type: %p, then %p', (field, was, is) => {
    const entry = sealed(was === undefined ? {} : { [field]: was });
    expect(seal.isGenuine(entry)).toBe(true);
    expect(seal.isGenuine({ ...entry, [field]: is } as AuditEntry)).toBe(false);
  });

  it('does not depend on the order of counts', () => {
    const [one, other] = [sealed({ counts: { a: 1, b: 2, c: 3 } }), sealed({ counts: { c: 3, a: 1, b: 2 } })];
    expect(one.mac).toBe(other.mac);
  });
});
