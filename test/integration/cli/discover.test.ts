import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { parse } from 'yaml';
import { loadDemoRecords } from '../../../local/demo-records.ts';
import { type Database, openDatabase } from '../../../src/base/db/connection.ts';
import { DEFAULT_DATA_MAP } from '../../../src/engine/map/default-map.ts';
import { loadDataMap, parseDataMap } from '../../../src/engine/map/load.ts';
import { runCli } from '../../support/cli.ts';
import { LIMITS } from '../../support/limits.ts';

const { ObjectId } = mongoose.mongo;

const uri = process.env.MONGODB_URI ?? '';
const PREFIX = `t-discover-${process.pid}-${randomBytes(3).toString('hex')}`;
/** One for each test: a table that is dropped and made again may show no rows at first on another connection of the local engine. */
let env: { MONGODB_URI: string; MONGODB_DATABASE: string };
let tests = 0;
const folder = mkdtempSync(join(tmpdir(), 'lethe-discover-'));

let opened: Database;
let db: Database['db'];

beforeAll(async () => {
  if (uri === '') throw new Error('MONGODB_URI is not set');
  opened = openDatabase({ uri, database: PREFIX, poolSize: 5, serverSelectionMs: LIMITS.answerMs });
});

beforeEach(() => {
  tests += 1;
  env = { MONGODB_URI: uri, MONGODB_DATABASE: `${PREFIX}-t${tests}` };
  db = opened.db.client.db(env.MONGODB_DATABASE);
});

afterEach(() => db.dropDatabase());

afterAll(async () => {
  await opened.close();
  rmSync(folder, { recursive: true });
});

interface Entry {
  readonly collection: string;
  readonly [key: string]: unknown;
}

/** The proposed map, and the whole text of the command. */
async function propose(...args: string[]): Promise<{ account: unknown; of(name: string): Entry; text: string }> {
  const { code, out, err } = await runCli(['discover', ...args], env);
  if (code !== 0) throw new Error(err.join('\n'));
  const map = parse(out.join('\n')) as { account: unknown; collections: Entry[] };
  // Whatever is proposed can be used.
  parseDataMap(out.join('\n'), 'map.yaml');
  const of = (name: string) => {
    const entry = map.collections.find(({ collection }) => collection === name);
    if (!entry) throw new Error(`no entry for ${name}`);
    return entry;
  };
  return { account: map.account, of, text: [...out, ...err].join('\n') };
}

const number = (index: number) => `+4477009001${String(index).padStart(2, '0')}`;
const each = <Made>(count: number, make: (index: number) => Made): Made[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe('lethe discover', () => {
  it('proposes for the demo what its own map says', async () => {
    await loadDemoRecords(db, new Date());
    const { account, of, text } = await propose();
    expect(account).toBe('account_id');
    const own = loadDataMap(undefined).collections;
    for (const name of ['contact_lists', 'contacts', 'sent_sms', 'received_sms', 'calls', 'chats', 'forms'])
      expect([name, of(name).record, of(name).numbers]).toEqual([
        name,
        own.find(({ collection }) => collection === name)?.record,
        own.find(({ collection }) => collection === name)?.numbers.map(({ path }) => path),
      ]);
    expect(of('received_sms')).toMatchObject({ id: 'message_id', at: 'received_at', own_number: 'to' });
    expect(of('calls')).toMatchObject({
      direction: { path: 'direction', outbound: ['outbound'], inbound: ['inbound'] },
    });
    expect(of('contact_lists')).toMatchObject({ elements: 'contacts[]' });
    expect(text).not.toMatch(/7700|0900/);
  });

  it('tells tenants by what fields hold, whatever they are called, and references by asking', async () => {
    const users = each(3, () => new ObjectId());
    const contacts = each(12, () => new ObjectId());
    await db
      .collection('contacts')
      .insertMany(
        contacts.map((_id, index) => ({ _id, userId: users[index % 3], phone: number(index), firstName: `A${index}` })),
      );
    await db
      .collection('messages')
      .insertMany(
        each(30, (index) => ({ user: users[index % 3], contactId: contacts[index % 12], text: 'Good morning to you' })),
      );
    await db
      .collection('logs')
      .insertMany(each(12, (index) => ({ user: users[index % 3], to: number(index), createdAt: new Date() })));
    await db.collection('logs').insertOne({ to: number(12), createdAt: new Date() });
    await db.collection('otps').insertMany(each(12, (index) => ({ phone: number(index), createdAt: new Date() })));
    const { account, of, text } = await propose();
    expect(account).toBe('user');
    expect(of('otps')).toEqual({ collection: 'otps', account: 'any', record: 'other', numbers: ['phone'] });
    expect(text).toMatch(/name: logs_without_account\s+account: any\s+record: other\s+where: \{ user: null \}/);
    expect(of('contacts')).toMatchObject({ account: 'userId', record: 'contact', numbers: ['phone'] });
    expect(of('messages')).toMatchObject({
      account: 'user',
      record: 'message',
      via: { collection: 'contacts', key: '_id', field: 'contactId' },
      fields: [{ path: 'text', category: 'body' }],
    });
    expect(text).toContain('contactId refers to contacts (12 of 12 values)');
  });

  it('proposes to delete what is called by a number, as no _id can be changed', async () => {
    await db
      .collection('lookups')
      .insertMany(each(3, (index) => ({ _id: number(index) as never, account_id: 'a', carrier: 'x' })));
    await db
      .collection('parts')
      .insertMany(each(3, (index) => ({ _id: `acme:${number(index)}:4` as never, account_id: 'a' })));
    await db
      .collection('counters')
      .insertMany(each(3, (index) => ({ _id: { day: 'd', to: number(index) } as never, account_id: 'a', sent: 2 })));
    const { of } = await propose();
    expect(of('parts')).toMatchObject({ record: 'contact', numbers: [{ path: '_id', forms: ['*:{+number}:*'] }] });
    expect(of('lookups')).toMatchObject({ record: 'contact', numbers: ['_id'] });
    expect(of('counters')).toMatchObject({ record: 'contact', numbers: ['_id.to'] });
  });

  it('tells numbers from texts that mention them, and words that programs put before them', async () => {
    await db.collection('logs').insertMany(
      each(3, (index) => ({
        account_id: 'a',
        sender_line: `from ${number(index)} (Jo)`,
        host: '198.51.100.7',
        sum: '0.7700900123',
      })),
    );
    await db
      .collection('sims')
      .insertMany(each(3, (index) => ({ account_id: 'a', gpsi: `msisdn-${number(index).slice(1)}` })));
    const { of } = await propose();
    expect(of('logs')).toEqual({
      collection: 'logs',
      record: 'other',
      fields: [{ path: 'sender_line', category: 'other', mask_in_text: true }],
    });
    expect(of('sims').numbers).toEqual([{ path: 'gpsi', forms: ['msisdn-{number}'] }]);
  });

  it("says none where all records are one customer's", async () => {
    await db.collection('visitors').insertMany(each(5, (index) => ({ __v: 0, status: 'new', phone: number(index) })));
    await db.collection('logs').insertMany(each(5, (index) => ({ __v: 0, level: 'info', sender: number(index) })));
    expect((await propose()).account).toBe('none');
  });

  it('sees writings, keys, JSON, times of every unit, directions and shared texts', async () => {
    await db.collection('chats').insertMany(
      each(6, (index) => ({
        ...{ account_id: 'a', jid: `${number(index).slice(1)}@c.us`, unread: { [number(index).slice(1)]: 2 } },
        ...{
          raw: JSON.stringify({ from: number(index), text: 'hi' }),
          fromMe: index % 2 === 0,
          messageTimestamp: 1_790_000_000 + index,
        },
      })),
    );
    await db.collection('bulk').insertMany(
      each(3, (index) => ({
        account_id: 'a',
        message: 'Sale',
        recipients: each(3, (n) => ({ number: number(index * 3 + n) })),
      })),
    );
    const { of } = await propose();
    expect(of('chats')).toMatchObject({
      numbers: [{ path: 'jid', forms: ['whatsapp'] }, 'unread.{key}'],
      json: [{ path: 'raw', numbers: ['from'], fields: [{ path: 'text', category: 'body' }] }],
      at: { path: 'messageTimestamp', unit: 's' },
      direction: { path: 'fromMe', outbound: [true], inbound: [false] },
    });
    expect(of('bulk')).toMatchObject({
      numbers: ['recipients[].number'],
      fields: [{ path: 'message', category: 'body', only_if_alone: true }],
    });
  });

  it('writes a new file and no other', async () => {
    await db.collection('contacts').insertMany(each(3, (index) => ({ account_id: 'a', phone: number(index) })));
    const file = join(folder, 'map.yaml');
    const first = await runCli(['discover', '--write', file], env);
    expect(first).toMatchObject({ code: 0, out: [] });
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 2, account: 'account_id' });
    const [contacts] = loadDataMap(file).collections;
    expect(contacts).toMatchObject({
      collection: 'contacts',
      owner: { kind: 'field', path: 'account_id' },
      numbers: [{ path: 'phone' }],
    });
    expect((await runCli(['discover', '--write', file], env)).err.at(-1)).toBe(
      `lethe: ${file} is there already: name a new file`,
    );
  });

  it('says what an existing map does not name', async () => {
    await loadDemoRecords(db, new Date());
    await db.collection('sent_sms').updateMany({}, { $set: { error: 'no route to +447700900123' } });
    await db.collection('leads').insertMany(each(3, (index) => ({ phone: number(index) })));
    const { out } = await runCli(['discover'], { ...env, DATA_MAP: writeDefaultMap() });
    expect(out).toContain(
      'sent_sms.error: numbers: error (numbers within 925 of 925 values)'.replace(/925/g, sampled(out)),
    );
    expect(out).toContain('leads: numbers: phone (3 of 3 values, written +447#########)');
    expect(out.filter((line) => /^(?:contacts|contact_lists|calls)\b/.test(line))).toEqual([
      'contact_lists.name: looks like category name',
    ]);
  });

  it('looks at so many records and no more', async () => {
    await db.collection('contacts').insertMany(each(90, (index) => ({ account_id: 'a', phone: number(index) })));
    const { err } = await runCli(['discover', '--sample', '30'], env);
    const [, looked] = /^1 collections, (\d+) records looked at/.exec(err[0] ?? '') ?? [];
    expect(Number(looked)).toBeGreaterThanOrEqual(20);
    expect(Number(looked)).toBeLessThanOrEqual(30);
    expect((await runCli(['discover', '--sample', '0'], env)).code).toBe(2);
  });
});

/** The number of records of a sample depends on chance. */
const sampled = (out: readonly string[]) =>
  /within (\d+) of/.exec(out.find((line) => line.startsWith('sent_sms.error')) ?? '')?.[1] ?? '';

function writeDefaultMap(): string {
  const file = join(folder, 'default.json');
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(DEFAULT_DATA_MAP));
  return file;
}
