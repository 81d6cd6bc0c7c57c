import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { parseKeyRing } from '../../../../src/base/keys/key-ring.ts';
import { createSeal } from '../../../../src/base/keys/seal.ts';
import type { Target } from '../../../../src/engine/target.ts';
import type { References } from '../../../../src/ledger/references/children.ts';
import { followWith } from '../../../../src/ledger/references/following.ts';
import { openKeys, pushKeys, sealedInKeys, sealKeys } from '../../../../src/ledger/references/keys.ts';
import { addKeys, type Keys } from '../../../../src/ledger/references/keys-of.ts';

const { ObjectId } = mongoose.mongo;
const ring = parseKeyRing(`key1:${Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64')}`);
if (!ring.ok) throw new Error('no ring');
const seal = createSeal(ring.ring);
const [ONE, OTHER] = [new ObjectId('64b000000000000000000001'), new ObjectId('64b000000000000000000002')];

describe('keys in the ledger', () => {
  it('are sealed for one request and one kind of children, and come back once', () => {
    const keys = sealKeys(
      seal,
      new Map<string, unknown[]>([
        ['notes', [ONE, '447700900123', 7]],
        ['lists', []],
      ]),
      'r',
    );
    expect(Object.keys(keys)).toEqual(['notes']);
    const text = String(keys.notes);
    expect(text).not.toContain('447700900123');
    expect(openKeys(seal, [text, text], 'notes', 'r').map(String)).toEqual([String(ONE), '447700900123', '7']);
    for (const [child, reference] of [
      ['lists', 'r'],
      ['notes', 's'],
    ] as const)
      expect(() => openKeys(seal, [text], child, reference)).toThrow('cannot be opened');
    expect(openKeys(seal, [], 'notes', 'r')).toEqual([]);
  });

  it('are added to those of before', () => {
    expect(pushKeys({})).toEqual({});
    expect(pushKeys({ notes: 'a', lists: 'b' })).toEqual({
      $push: { 'references.notes': 'a', 'references.lists': 'b' },
    });
    const keys: Keys = new Map();
    addKeys(keys, 'notes', []);
    expect(keys).toEqual(new Map());
    addKeys(keys, 'notes', [1]);
    addKeys(keys, 'notes', [2, 3]);
    expect(keys).toEqual(new Map([['notes', [1, 2, 3]]]));
    expect(sealedInKeys({ notes: ['a', 'b'] }, 'r')).toEqual([
      { path: 'references.notes.0', text: 'a', context: 'references:notes:r' },
      { path: 'references.notes.1', text: 'b', context: 'references:notes:r' },
    ]);
  });
});

describe('what is known by others', () => {
  const refusal = (id: string) => ({ name: 'calls', id, why: 'shared_record' as const, where: 'calls' });
  const references = (more: Partial<References>): References => ({
    readRoots: () => Promise.reject(new Error('not asked')),
    readKeys: () => Promise.reject(new Error('not asked')),
    targets: () => [],
    ...more,
  });
  const opened = (keys: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(keys).map(([child, text]) => [child, openKeys(seal, [text], child, 'r')]));

  it('is nothing where no reference is followed', async () => {
    const following = followWith(seal, undefined, 'r');
    expect(following.children({ notes: ['x'] })).toEqual([]);
    expect(await following.readRoots({})).toEqual({ keys: {}, refused: [] });
    expect(await following.readKeys([{ target: 't', name: 'calls', ids: [1] }])).toEqual({ keys: {}, refused: [] });
  });

  it('is found by the keys that are written down', () => {
    const target = { key: 'notes<calls' } as Target;
    const asked: unknown[] = [];
    const targets: References['targets'] = (keys) => {
      asked.push(keys);
      return [target];
    };
    const stored = sealKeys(seal, new Map([['notes', [ONE]]]), 'r');
    const more = sealKeys(seal, new Map([['notes', [OTHER, ONE]]]), 'r');
    const following = followWith(seal, references({ targets }), 'r');
    expect(following.children({ notes: [String(stored.notes), String(more.notes)] })).toEqual([target]);
    expect(asked).toEqual([new Map([['notes', [ONE, OTHER]]])]);
  });

  it('of records that stay: those that are not written down yet', async () => {
    const readRoots = async () => ({
      keys: new Map<string, unknown[]>([
        ['notes', [ONE, OTHER]],
        ['lists', ['l']],
      ]),
      refused: [refusal('a')],
    });
    const stored = sealKeys(
      seal,
      new Map<string, unknown[]>([
        ['notes', [ONE]],
        ['lists', ['l']],
      ]),
      'r',
    );
    const following = followWith(seal, references({ readRoots }), 'r');
    const read = await following.readRoots({ notes: [String(stored.notes)], lists: [String(stored.lists)] });
    expect([opened(read.keys), read.refused]).toEqual([{ notes: [OTHER] }, [refusal('a')]]);
    expect(opened((await following.readRoots({})).keys)).toEqual({ notes: [ONE, OTHER], lists: ['l'] });
  });

  it('of a batch: each collection’s records once', async () => {
    const asked: unknown[] = [];
    const readKeys: References['readKeys'] = async (name, ids) => {
      asked.push([name, ids]);
      return {
        keys: new Map([
          ['notes', [name]],
          ['lists', ids],
        ]) as Keys,
        refused: [refusal(name)],
      };
    };
    const part = (target: string, name: string, ...ids: unknown[]) => ({ target, name, ids });
    const batch = [part('calls.from', 'calls', 1, 2), part('calls.to', 'calls', 1, 2), part('sms.to', 'sms', 3)];
    const read = await followWith(seal, references({ readKeys }), 'r').readKeys(batch);
    expect(asked).toEqual([
      ['calls', [1, 2]],
      ['sms', [3]],
    ]);
    expect([opened(read.keys), read.refused]).toEqual([
      { notes: ['calls', 'sms'], lists: [1, 2, 3] },
      [refusal('calls'), refusal('sms')],
    ]);
  });
});
