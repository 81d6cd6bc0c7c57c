import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { targetsByAge } from '../../../src/engine/by-age.ts';
import { findById } from '../../../src/engine/by-id.ts';
import { selectAnywhere, selectChangeable, selectDoubtful, selectUnreadable } from '../../../src/engine/selections.ts';
import { createRecordStore, type RecordStore } from '../../../src/engine/store.ts';
import { numberSubject, type Subject } from '../../../src/engine/subject.ts';
import { createRequestSearch } from '../../../src/ledger/requests/status.ts';
import { createSuppressions, type Suppressions } from '../../../src/ledger/suppression/suppression.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { snapshotDatabase } from '../../support/snapshot.ts';

const { MongoClient, ObjectId, Binary, Long, Double } = mongoose.mongo;

/** What may come in place of an account, a number or a token when something upstream went wrong. */
const NOTHING: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['an empty string', ''],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['an empty object', {}],
  ['an empty list', []],
  ['true', true],
  ['false', false],
  ['an operator', { $ne: null }],
  ['a regular expression', /./],
  ['a date', new Date(0)],
  ['a function', () => 'x'],
  ['a symbol', Symbol('x')],
  ['bytes', new Binary(Buffer.alloc(0))],
  ['a string in an object', { toString: () => '447700900123' }],
  ['a list of one', ['acc_x']],
];

/** Each of these, had it reached the database, would have matched records of everybody. */
describe('a filter made from nothing', () => {
  let platform: Platform;
  let client: InstanceType<typeof MongoClient>;
  let store: RecordStore;
  let suppressions: Suppressions;
  let commands: string[] = [];

  beforeAll(async () => {
    platform = await openPlatform('filters');
    const { db } = platform.core;
    for (const account_id of ['acc_x', 'acc_y', null, undefined, '']) {
      await db.collection('sent_sms').insertOne({ account_id, to: '447700900123', body: 'Hi' });
      await db.collection('sent_sms').insertOne({ account_id, body: 'to nobody' });
      await db.collection('blacklist').insertOne({ account_id, number: '447700900123', reason: 'STOP' });
      await db.collection('blacklist').insertOne({ account_id, reason: 'no number' });
    }
    client = new MongoClient(platform.config.MONGODB_URI, { monitorCommands: true });
    client.on('commandStarted', (event) => {
      if (event.databaseName === db.databaseName) commands.push(event.commandName);
    });
    store = createRecordStore(client.db(db.databaseName));
    suppressions = createSuppressions(client.db(db.databaseName), platform.core.dataMap);
    await store.remains(rule(), subject());
  });
  afterAll(async () => {
    await client?.close();
    await platform?.close();
  });

  const subject = (change: Partial<Record<keyof Subject, unknown>> = {}): Subject =>
    ({ ...numberSubject(phoneNumber('447700900123'), 'acc_x', 'token1.x'), ...change }) as Subject;
  const rule = () => {
    const [found] = platform.core.plan.rules.filter((one) => one.key === 'sent_sms.to');
    if (!found) throw new Error('no such rule');
    return found;
  };
  const wait = () => {
    const [found] = platform.core.plan.waits;
    if (!found) throw new Error('no such wait');
    return found;
  };
  const inSession = async (work: (session: mongoose.mongo.ClientSession) => Promise<unknown>) => {
    const session = client.startSession();
    try {
      await work(session);
    } finally {
      await session.endSession();
    }
  };
  const ids = [new ObjectId()];
  const at = new Date();

  /** Everything that turns a subject into a query or a change. */
  const CALLS: Record<string, (subject: Subject) => unknown> = {
    selectAnywhere: (bad) => selectAnywhere(rule(), bad),
    selectChangeable: (bad) => selectChangeable(rule(), bad),
    selectDoubtful: (bad) => selectDoubtful(rule(), bad),
    holds: (bad) => store.holds(rule(), bad),
    isDoubtful: (bad) => store.isDoubtful(rule(), bad),
    find: (bad) => store.find(rule(), bad, 10),
    change: (bad) => store.change(rule(), bad, ids),
    remains: (bad) => store.remains(rule(), bad),
    count: (bad) => store.count([rule()], bad),
    lastScheduled: (bad) => store.lastScheduled(wait(), bad),
    'suppressions.has': (bad) => suppressions.has(bad, ['token1.x']),
    'suppressions.claimPlatformRow': (bad) =>
      inSession((session) => suppressions.claimPlatformRow(bad, ['token1.x'], session)),
  };
  type Attempt = readonly [name: string, call: () => unknown];
  /** The attempts that did not end in a TypeError before anything reached the database. */
  const letThrough = async (attempts: readonly Attempt[]): Promise<string[]> => {
    const through: string[] = [];
    for (const [name, call] of attempts) {
      commands = [];
      const outcome = await (async () => call())().then(
        () => 'went well',
        (error: unknown) => (error instanceof TypeError ? '' : `threw ${String(error)}`),
      );
      if (outcome !== '') through.push(`${name}: ${outcome}`);
      if (commands.length > 0) through.push(`${name}: sent ${commands.join()}`);
    }
    return through;
  };

  it.each(Object.entries(CALLS))('%s', async (_name, call) => {
    const amongValues = [...NOTHING, ['a number that is none', 0], ['a double', new Double(1)]] as const;
    const attempts = [
      ...NOTHING.map(([name, account]): Attempt => [`${name} for an account`, () => call(subject({ account }))]),
      ...NOTHING.map(([name, values]): Attempt => [`${name} for the values`, () => call(subject({ values }))]),
      ...amongValues.flatMap(([name, value]): Attempt[] => [
        [`${name} among the values`, () => call(subject({ values: ['447700900123', value] }))],
        [`${name} as the only value`, () => call(subject({ values: [value] }))],
      ]),
    ];
    expect(await letThrough(attempts)).toEqual([]);
  });

  it.each<[string, (account: string) => unknown]>([
    ['selectUnreadable', (account) => selectUnreadable(rule(), account)],
    ['isUnreadable', (account) => store.isUnreadable(rule(), account)],
    ['targetsByAge', (account) => targetsByAge(platform.core.db, [], account, at, at)],
    ['findById', (account) => findById(platform.core.db, [], account, 'id')],
    ['numberSubject', (account) => numberSubject(phoneNumber('447700900123'), account, 'token1.x')],
    ['numberSubject, of a number', (number) => numberSubject(number as never, 'acc_x', 'token1.x')],
  ])('%s', async (_name, call) => {
    const attempts = NOTHING.map(([name, value]): Attempt => [name, () => call(value as string)]);
    expect(await letThrough(attempts)).toEqual([]);
  });

  const listCalls: [string, (bad: Subject, tokens: string[]) => unknown][] = [
    ['add', (bad, tokens) => inSession((session) => suppressions.add(bad, tokens, at, session))],
    ['has', (bad, tokens) => suppressions.has(bad, tokens)],
    ['hasToken', (bad, tokens) => suppressions.hasToken(bad, tokens)],
    ['claimPlatformRow', (bad, tokens) => inSession((session) => suppressions.claimPlatformRow(bad, tokens, session))],
    [
      'settle, kept',
      (bad, tokens) => inSession((session) => suppressions.settle([{ subject: bad, tokens, keep: true }], session)),
    ],
    [
      'settle, taken off',
      (bad, tokens) => inSession((session) => suppressions.settle([{ subject: bad, tokens, keep: false }], session)),
    ],
  ];
  it.each(listCalls)('the suppression list: %s', async (_name, call) => {
    const attempts = NOTHING.flatMap(([name, value]): Attempt[] => [
      [`${name} for an account`, () => call(subject({ account: value }), ['token1.x'])],
      [`${name} for the tokens`, () => call(subject(), value as string[])],
      [`${name} as the only token`, () => call(subject(), [value as string])],
      [`${name} among the tokens`, () => call(subject(), ['token1.x', value as string])],
    ]);
    expect(await letThrough(attempts)).toEqual([]);
  });

  it('a status without a day or a reference', async () => {
    const { account } = await platform.account();
    const query = { account, profile: 'forget', limit: 10, skip: 0 } as const;
    expect(await letThrough([['status', () => createRequestSearch(platform.core.db)(query, new Date())]])).toEqual([]);
  });

  it('the guards let what is right through', async () => {
    const before = await snapshotDatabase(platform);
    commands = [];
    for (const account of ['acc_x', 7, new ObjectId()] as const) {
      await store.find(rule(), subject({ account }), 10);
      await store.isUnreadable(rule(), account);
    }
    const remains = (value: unknown) => store.remains(rule(), subject({ values: [value] }));
    // As it is stored, and as it is not.
    expect(await remains('447700900123')).toBe(true);
    expect(await remains(Long.fromNumber(447700900123))).toBe(false);
    // What is not there is looked for twice: in what is newest, and in what a majority has.
    expect(commands.length).toBe(9);
    expect(await snapshotDatabase(platform)).toEqual(before);
  });
});
