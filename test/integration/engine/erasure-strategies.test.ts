import { describe, expect, it } from '@jest/globals';
import type { Strategy } from '../../../src/engine/map/strategies.ts';
import type { DataMapInput } from '../../../src/engine/map/version-1.ts';
import { forget, untilCompleted } from '../../support/forget.ts';
import { SUPPRESSION_LIST, writeMap } from '../../support/map-file.ts';
import { openPlatform } from '../../support/platform.ts';

const JO = '447700900123';
const AL = '447700900456';

const COLLECTIONS: DataMapInput['collections'] = [
  SUPPRESSION_LIST,
  {
    collection: 'visits',
    account: 'account_id',
    record: 'other',
    numbers: ['phone'],
    fields: [
      { path: 'name', category: 'name' },
      { path: 'email', category: 'email' },
      { path: 'note', category: 'note' },
      { path: 'body', category: 'body' },
      { path: 'log', category: 'transcript', type: 'list' },
      { path: 'tags', category: 'tag', type: 'list' },
      { path: 'custom', category: 'custom', type: 'object' },
      { path: 'visitor', category: 'visitor' },
      { path: 'form', category: 'form', type: 'object' },
      { path: 'seen.by', category: 'other' },
    ],
  },
  {
    collection: 'groups',
    account: 'account_id',
    record: 'message',
    numbers: ['members[].phone'],
    fields: [
      { path: 'members[].name', category: 'name' },
      { path: 'members[].email', category: 'email' },
    ],
  },
  { collection: 'letters', account: 'account_id', record: 'call', numbers: ['to'] },
  { collection: 'circles', account: 'account_id', record: 'contact', elements: 'in[]', numbers: ['in[].phone'] },
];

const VISIT = {
  phone: JO,
  name: 'Jo',
  email: 'jo@example.org',
  note: 'tall',
  body: 'Hi',
  log: ['a', 'b'],
  tags: ['vip'],
  custom: { city: 'Leeds' },
  visitor: 'cookie',
  form: { q: 'a' },
  seen: { by: 'Al', at: 5 },
};

type Overrides = NonNullable<NonNullable<DataMapInput['profiles']>['forget']>;

/** Runs one forget with a profile of its own, and reads what it left of each record. */
async function runForget(
  overrides: Overrides,
): Promise<{ left: Record<string, unknown>; token: string; erased: object }> {
  const map = await writeMap({ version: 1, collections: COLLECTIONS, profiles: { forget: overrides } });
  const platform = await openPlatform('strategies', { DATA_MAP: map.file });
  try {
    const { db } = platform.core;
    const { account, key } = await platform.account();
    const own = { account_id: account.records_id };
    const members = [
      { phone: AL, name: 'Al', email: 'al@example.org' },
      { phone: JO, name: 'Jo', email: 'jo@example.org' },
    ];
    await db.collection('visits').insertOne({ ...own, ...VISIT });
    await db.collection('groups').insertOne({ ...own, members });
    await db.collection('letters').insertMany([
      { ...own, to: JO },
      { ...own, to: AL },
    ]);
    await db.collection('circles').insertOne({ ...own, in: members });
    await platform.startWorker();
    const { url } = await platform.startApi();
    const request = await untilCompleted(platform, await forget(url, key, { number: JO }));
    const left: Record<string, unknown> = {};
    for (const name of ['visits', 'groups', 'letters', 'circles']) {
      left[name] = await db
        .collection(name)
        .find({}, { projection: { _id: 0, account_id: 0 } })
        .sort({ _id: 1 })
        .toArray();
    }
    return { left, token: request.token ?? '', erased: request.erased };
  } finally {
    await platform.close();
    await map.remove();
  }
}

const AL_ROW = { phone: AL, name: 'Al', email: 'al@example.org' };
const ABSENT = Symbol('absent');

describe('what a strategy makes of a field', () => {
  const numbers: [Strategy, unknown][] = [
    ['mask', '44********23'],
    [{ replace: 'gone' }, 'gone'],
    ['clear', null],
    ['empty', ''],
    ['token', expect.stringMatching(/^token1\.[A-Za-z0-9_-]{43}$/)],
    ['delete', ABSENT],
  ];
  it.each(numbers)('a number, by %j', async (strategy, value) => {
    const { left, token, erased } = await runForget({ fields: { number: strategy } });
    const phone = value === ABSENT ? {} : { phone: value };
    expect(left.groups).toEqual([{ members: [AL_ROW, { ...phone, name: null, email: null }] }]);
    expect(left.letters).toEqual([value === ABSENT ? {} : { to: value }, { to: AL }]);
    const { phone: _phone, ...rest } = VISIT;
    const [visit] = left.visits as Record<string, unknown>[];
    expect(visit).toMatchObject({ ...phone, seen: { by: null, at: 5 } });
    expect('phone' in (visit ?? {})).toBe(value !== ABSENT);
    expect(Object.keys(rest).every((name) => name in (visit ?? {}))).toBe(true);
    if (strategy === 'token') expect(visit?.phone).toBe(token);
    expect(left.circles).toEqual([{ in: [AL_ROW] }]);
    expect(erased).toEqual({ visits: 1, groups: 1, letters: 1, circles: 1 });
  });

  it('the fields beside it, each by its own', async () => {
    const { left, token } = await runForget({
      fields: {
        name: 'keep',
        email: 'delete',
        note: 'mask',
        body: { replace: 'removed' },
        transcript: { replace: 'removed' },
        tag: 'empty',
        custom: 'empty',
        visitor: 'token',
        form: 'clear',
        other: 'empty',
      },
    });
    expect(left.visits).toEqual([
      {
        phone: '44********23',
        name: 'Jo',
        note: '44********23',
        body: 'removed',
        log: ['removed'],
        tags: [],
        custom: {},
        visitor: token,
        form: {},
        seen: { by: '', at: 5 },
      },
    ]);
    expect(left.groups).toEqual([{ members: [AL_ROW, { phone: '44********23', name: 'Jo' }] }]);
  });

  it('records deleted that are kept otherwise, and the other way round', async () => {
    const { left, erased } = await runForget({ records: { other: 'delete', call: 'delete', contact: 'keep' } });
    expect(left.visits).toEqual([]);
    expect(left.letters).toEqual([{ to: AL }]);
    expect(left.circles).toEqual([{ in: [AL_ROW, { phone: '44********23', name: 'Jo', email: 'jo@example.org' }] }]);
    expect(erased).toEqual({ visits: 1, groups: 1, letters: 1, circles: 1 });
  });
});
