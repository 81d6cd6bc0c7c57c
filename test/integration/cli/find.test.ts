import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { readConfigPart } from '../../../src/base/config.ts';
import { type Database, openDatabase } from '../../../src/base/db/connection.ts';
import { createTokens } from '../../../src/base/keys/token.ts';
import { type CliResult, runCli } from '../../support/cli.ts';
import { LIMITS } from '../../support/limits.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { TEST_KEYS } from '../../support/platform.ts';

const { Binary, Decimal128, Long, ObjectId } = mongoose.mongo;

const uri = process.env.MONGODB_URI ?? '';
const database = `t-find-${process.pid}-${randomBytes(3).toString('hex')}`;
const env = { MONGODB_URI: uri, MONGODB_DATABASE: database };
const NUMBER = '447700900123';
const OTHER = '447700900456';
const ACCOUNT = 'acc_AAAAAAAAAAAA';

let opened: Database;
let db: Database['db'];

/** What stands where, and how it is to be found: `_id`, path, way, sure. */
const RECORDS: readonly [document: object, path: string, as: string, sure: string][] = [
  [{ to: NUMBER }, 'to', 'number', 'yes'],
  [{ to: ' +44 (0)7700 900-123\r' }, 'to', 'number', 'yes'],
  [{ to: [{ n: [`00${NUMBER}`] }] }, 'to[].n[]', 'number', 'yes'],
  [{ to: `${NUMBER}@c.us` }, 'to', 'number', 'yes'],
  [{ to: Long.fromString(NUMBER) }, 'to', 'number', 'yes'],
  [{ to: Number(NUMBER) }, 'to', 'number', 'yes'],
  [{ to: Decimal128.fromString('7700900123') }, 'to', 'number', 'yes'],
  [{ note: 'call me on 07700 900123' }, 'note', 'text', 'yes'],
  [{ raw: JSON.stringify({ a: { from: `+${NUMBER}` } }) }, 'raw.a.from', 'json', 'yes'],
  [{ id: `wamid.${Buffer.from(`\x1c\x18\x0c${NUMBER}\x15`, 'latin1').toString('base64')}` }, 'id', 'base64', 'yes'],
  [{ file: new Binary(Buffer.from(`name,phone\nOrla,${NUMBER}\n`)) }, 'file', 'bytes', 'yes'],
  [{ unread: { [NUMBER]: 3 } }, 'unread.{key}', 'key', 'yes'],
];

beforeAll(async () => {
  if (uri === '') throw new Error('MONGODB_URI is not set');
  opened = openDatabase({ uri, database, poolSize: 5, serverSelectionMs: LIMITS.answerMs });
  db = opened.db;
  await db
    .collection<{ _id: number }>('odd')
    .insertMany(RECORDS.map(([document], index) => ({ _id: index, acc: 'a', ...document })));
  await db.collection('odd').insertOne({ acc: 'a', to: OTHER, note: '447700900124' });
  await db
    .collection<{ _id: string }>('people')
    .insertMany([{ _id: NUMBER, name: 'Orla' } as never, { _id: `+${OTHER}`, friend: NUMBER } as never]);
  await db.collection(`in_${NUMBER}`).insertOne({ a: 1 });
  await db.createCollection('seen', { viewOn: 'odd', pipeline: [] });
  await db
    .collection<{ _id: string }>('lethe_accounts')
    .insertMany([{ _id: ACCOUNT, records_id: 'a' } as never, { _id: 'acc_BBBBBBBBBBBB', records_id: 'b' } as never]);
  await db.collection('contacts').insertOne({ _id: new ObjectId(), account_id: 'b', number: NUMBER });
});

afterAll(async () => {
  await db.dropDatabase();
  await opened.close();
});

const find = (args: string[] = [], input = NUMBER, more: NodeJS.ProcessEnv = {}): Promise<CliResult> =>
  runCli(['find', ...args], { ...env, ...more }, new Date(), input);

/** The lines about one collection, without its name. */
const about = ({ out }: CliResult, collection: string) =>
  out.flatMap((line) => (line.startsWith(`${collection}  `) ? [line.slice(collection.length + 2)] : []));

describe('lethe find', () => {
  it('finds every writing and container, and shows neither number nor value', async () => {
    const result = await find();
    expect(result.code).toBe(0);
    expect(about(result, 'odd')).toEqual(
      RECORDS.map(([, path, as, sure], index) => [index, path, as, sure].join('  ')),
    );
    const all = [...result.out, ...result.err].join('\n');
    for (const secret of [NUMBER, OTHER, '7700', 'Orla', 'call me']) expect(all).not.toContain(secret);
  });

  it("says of an _id that it holds the number, or somebody else's", async () => {
    expect(about(await find(), 'people').sort()).toEqual([
      '(holds a number)  _id  number  yes',
      '(holds a number)  friend  number  yes',
    ]);
  });

  it('finds the number in the name of a collection, and reads no view twice', async () => {
    const result = await find();
    expect(about(result, 'in_[number]')).toEqual(['-  (name of the collection)  name  yes']);
    expect(about(result, 'seen')).toEqual([]);
  });

  it("leaves out what is another account's for sure", async () => {
    expect(about(await find(), 'contacts')).toHaveLength(1);
    const result = await find(['--account', ACCOUNT]);
    expect(about(result, 'contacts')).toEqual([]);
    expect(about(result, 'odd')).toHaveLength(RECORDS.length);
    expect((await find(['--account', 'acc_nobody'])).err).toEqual(['lethe: no account has this id']);
  });

  it('reads one collection alone, and none that is not there', async () => {
    const result = await find(['--collection', 'people']);
    expect(result.err[0]).toBe('Found in 2 places. Searched: 1 collections, 2 records.');
    expect(await find(['--collection', 'peple'])).toEqual({
      code: 1,
      out: [],
      err: ['lethe: --collection names one that is not there'],
    });
  });

  it('gives one object a line', async () => {
    const { out } = await find(['--json', '--collection', 'people']);
    expect(out.map((line) => JSON.parse(line))).toContainEqual({
      database,
      collection: 'people',
      id: '(holds a number)',
      path: '_id',
      as: 'number',
      sure: true,
    });
  });

  it('exits with 1 when it expected none', async () => {
    const { code, err } = await find(['--expect-none']);
    expect({ code, last: err.at(-1) }).toEqual({ code: 1, last: 'lethe: the number is still there' });
    const none = await find(['--expect-none'], '447700900999');
    expect(none).toMatchObject({ code: 0, out: [] });
    expect(none.err.at(-1)).toMatch(/^Not found\. Searched: \d+ collections, \d+ records\.$/);
  });

  it('takes the number in any writing, and refuses what is none without repeating it', async () => {
    expect(about(await find([], '07700 900123'), 'people')).toHaveLength(2);
    expect(about(await find(['--countries', 'US'], '+44 7700 900123'), 'people')).toHaveLength(2);
    for (const [input, message] of [
      ['', /^lethe: give the number on standard input/],
      ['12345', /^lethe: what stands on standard input is not a phone number$/],
      ['+7700900123', /^lethe: this could be several numbers/],
    ] as const)
      expect(await find([], input)).toEqual({ code: 2, out: [], err: [expect.stringMatching(message)] });
    expect((await find(['--countries', 'XX'])).code).toBe(2);
  });

  it("names Lethe's own rows apart: an open suppression, and what stands under a token", async () => {
    const number = '447700900777';
    const tokens = createTokens(readConfigPart(TEST_KEYS, ['LETHE_TOKEN_KEYS']).LETHE_TOKEN_KEYS);
    const token = tokens.current(ACCOUNT, phoneNumber(447700900777));
    await db.collection('blacklist').insertOne({ account_id: 'a', number, token, masked: '44********77' });
    await db.collection('lethe_requests').insertOne({ account_id: ACCOUNT, token });
    const result = await find(['--expect-none'], number, TEST_KEYS);
    expect(result.code).toBe(0);
    expect(about(result, 'blacklist')).toEqual([
      expect.stringMatching(/^[0-9a-f]{24} {2}number {2}number {2}yes \(Lethe's own: suppression\)$/),
    ]);
    expect(result.err).toEqual([
      'lethe_requests: 1 under a token; the number is not in them.',
      'blacklist: 1 under a token; the number is not in them.',
      expect.stringMatching(/^Not found\./),
      expect.stringMatching(/^Apart from that, 1 place on Lethe's suppression list/),
    ]);
    // The platform's own row is no excuse.
    await db.collection('blacklist').insertOne({ account_id: 'a', number, token: 'none' });
    expect((await find(['--expect-none'], number)).code).toBe(1);
  });
});
