import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acceptForget } from '../../../src/contracts/forget/accept.ts';
import type { Account } from '../../../src/ledger/accounts/accounts.ts';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { emitEvent } from '../../../src/ledger/webhooks/deliveries.ts';
import type { PhoneNumber } from '../../../src/phone/number.ts';
import { type CliResult, runCli } from '../../support/cli.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { driveByHand } from '../../support/scans.ts';

const DONE = phoneNumber(447700900341);
const OPEN = phoneNumber(447700900342);
const CALLED_OFF = phoneNumber(447700900343);
const LISTED = phoneNumber(447700900344);
const HOUR_MS = 3_600_000;

describe('commands for people and scripts', () => {
  let platform: Platform;
  let account: Account;
  let folder: string;
  const references: Record<string, string> = {};
  const said: string[] = [];

  const run = async (...args: string[]): Promise<CliResult> => {
    const result = await runCli(args, platform.env);
    said.push(...args, ...result.out, ...result.err);
    return result;
  };
  const objects = (out: readonly string[]) => out.map((line) => JSON.parse(line) as Record<string, unknown>);
  const accept = async (number: PhoneNumber, graceMinutes = 0) => {
    await insertRecords(platform.core.db, account.records_id, number, { sent: 2 });
    const deps = { ...platform.core, deadlineMs: 24 * HOUR_MS, graceMs: 0 };
    const given = { account, actor: 'test', number, unsuppress: false, graceMinutes };
    return (await acceptForget(deps, given, new Date())).request.reference;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-cli-'));
    platform = await openPlatform('commands', { WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' });
    await indexPlatform(platform.core.db);
    ({ account } = await platform.account());
    references.done = await accept(DONE);
    await driveByHand(platform).finish(account, references.done);
    references.open = await accept(OPEN);
    references.calledOff = await accept(CALLED_OFF, 60);
  });
  afterAll(async () => {
    await platform?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('request show tells how a request stands, for people and as JSON', async () => {
    const { code, out } = await run('request', 'show', references.done ?? '');
    expect(code).toBe(0);
    expect(out).toEqual(
      expect.arrayContaining([
        `reference  ${references.done}`,
        expect.stringMatching(/^state +completed \(met\)$/),
        'erased     sent_sms 2',
        expect.stringMatching(/^completed +20\d\d-/),
      ]),
    );
    const json = await run('request', 'show', references.open ?? '', '--account', account._id, '--json');
    expect(JSON.parse(json.out.join('\n'))).toMatchObject({
      ...{ reference: references.open, account: account._id, state: 'accepted', deadline_state: 'on_track' },
      can: { cancel: false },
    });
    expect(await run('request', 'show', 'AAAAAAAAAAAAAAA')).toMatchObject({ code: 1, out: [] });
    expect((await run('request', 'show')).code).toBe(2);
  });

  it('request cancel calls off what has a time of grace, and says why it does not', async () => {
    expect(await run('request', 'cancel', references.calledOff ?? '')).toEqual({
      ...{ code: 0, out: [] },
      err: ['The request is cancelled: nothing is erased, and the number is suppressed as it was before.'],
    });
    const row = await requestsOf(platform.core.db).findOne({ reference: references.calledOff ?? '' });
    expect(row).toMatchObject({ state: 'cancelled', cancelled_by: 'cli' });
    expect(await platform.core.db.collection('sent_sms').countDocuments({ to: CALLED_OFF })).toBe(2);
    for (const [reference, why] of [
      [references.calledOff, /the request is finished/],
      [references.done, /the request is finished/],
      [references.open, /without a time in which it can be cancelled/],
    ] as const)
      expect(await run('request', 'cancel', reference ?? '')).toEqual({
        ...{ code: 1, out: [], err: [expect.stringMatching(why)] },
      });
  });

  it('request list gives a script one object a line, of all accounts or one', async () => {
    const all = objects((await run('request', 'list', '--json')).out);
    expect(all).toEqual([
      expect.objectContaining({ reference: references.open, account: account._id, state: 'accepted' }),
    ]);
    const every = objects((await run('request', 'list', '--all', '--account', account._id, '--json')).out);
    expect(every.map(({ reference }) => reference).sort()).toEqual(Object.values(references).sort());
    expect(await run('request', 'list', '--failed', '--json')).toMatchObject({ code: 0, out: [] });
    expect((await run('request', 'list', '--all')).code).toBe(2);
    expect((await run('request', 'list', '--limit', '0')).code).toBe(2);
  });

  it('webhook list and deliveries give a script objects, without the secret', async () => {
    const of = ['--account', account._id];
    const made = await runCli(['webhook', 'create', '--url', 'http://127.0.0.1:9/', ...of], platform.env);
    const [hook] = objects((await run('webhook', 'list', ...of, '--json')).out);
    expect(hook).toEqual({
      ...{ id: expect.stringMatching(/^wh_/), url: 'http://127.0.0.1:9/', label: '', created_at: expect.any(String) },
      events: expect.arrayContaining(['erasure.completed', 'erasure.cancelled']),
    });
    const event = { id: 'msg_DDDDDDDDDDDDDDDDDDDDDDDD', type: 'erasure.completed', at: new Date() } as const;
    await emitEvent(platform.core.db, { ...event, account: account._id, data: { reference: references.done } });
    expect(objects((await run('webhook', 'deliveries', ...of, '--json')).out)).toEqual([
      expect.objectContaining({ message: event.id, webhook: hook?.id, state: 'waiting', reference: references.done }),
    ]);
    expect(said.join('\n')).not.toContain(made.out[0]?.slice(6));
  });

  it('forget reads a file, tells each line, and names no number', async () => {
    await insertRecords(platform.core.db, account.records_id, LISTED, { sent: 1 });
    const file = join(folder, 'numbers.csv');
    await writeFile(file, `number\n${LISTED}\n447700900349\n`);
    const { code, out, err } = await run('forget', '--account', account._id, '--file', file);
    expect(code).toBe(0);
    expect(out.slice(1)).toEqual([
      expect.stringMatching(/^1,accepted,[A-Za-z0-9]{15},$/),
      expect.stringMatching(/^2,refused,,/),
    ]);
    expect(err.join()).toMatch(/1 accepted, 1 refused/);
    for (const wrong of [
      ['--file', join(folder, 'none.csv'), '--account', account._id],
      ['--file', file],
    ])
      expect((await run('forget', ...wrong)).code).toBe(2);
    expect((await run('forget', '--file', file, '--account', 'acc_nobody')).code).toBe(1);
  });

  it.each([
    'status',
    'request show x',
    'request cancel x',
    'request list',
    'request retry x --account x',
    'account show x',
    'account rename x --name x',
    'account disable x',
    'audit list',
    'audit export',
    'audit verify',
    'report month',
    'report processing',
    'webhook list --account x',
    'webhook deliveries --account x',
    'webhook delete x --account x',
    'receipt verify x --jwks x',
    'receipt show x',
    'reconcile --all',
    'forget --account x --file x',
    'keys rotate',
  ])('%s refuses an option that it does not know', async (line) => {
    const { code, out, err } = await runCli([...line.split(' '), '--dry-rum'], platform.env);
    expect({ code, out, err: err.join() }).toEqual({
      ...{ code: 2, out: [], err: expect.stringMatching(/unknown option '--dry-rum'/) },
    });
  });

  it('said no number in all of it', () => {
    expect(said.length).toBeGreaterThan(50);
    expect(said.join('\n')).not.toMatch(/447700900|07700900/);
  });
});
