import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKey } from '../../../src/base/keys/key-ring.ts';
import type { ReceiptClaims } from '../../../src/ledger/receipts/receipt.ts';
import { verifyReceipt } from '../../../src/ledger/receipts/verify.ts';
import { runCli } from '../../support/cli.ts';
import { readProjectFile } from '../../support/deploy-files.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { forget, untilCompleted } from '../../support/forget.ts';
import { openPlatform, type Platform, TEST_KEYS } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { call } from '../../support/wire.ts';

const NUMBER = '447700900401';
const OTHER = '447700900402';

describe('the receipt of a completed erasure', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let account: { _id: string; records_id: unknown };
  let reference: string;
  let jws: string;
  let jwks: { keys: object[] };
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-receipt-'));
    platform = await openPlatform('receipt');
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    await platform.startWorker();
    ({ account, key } = await platform.account());
    await insertRecords(platform.core.db, account.records_id, NUMBER, { contacts: 2, sent: 3 });
    reference = await forget(url, key, { number: NUMBER });
    await untilCompleted(platform, reference);
    jws = (await receiptOf(reference)).text;
    jwks = (await call(url, '/.well-known/jwks.json')).body as unknown as typeof jwks;
  });
  afterAll(async () => {
    await platform?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const receiptOf = (ref: string, headers: Record<string, string> = {}, by = key) =>
    call(url, `/gdpr/receipt?reference=${ref}`, { key: by, headers });
  const claimsOf = async (text: string): Promise<ReceiptClaims> => (await verifyReceipt(text, jwks)).claims;
  const save = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };

  it('says what was done and how, and is signed with a key that is published', async () => {
    const answer = await receiptOf(reference);
    expectStatus(answer, 200);
    expect(answer.headers['content-type']).toMatch(/^application\/jose/);
    const request = await untilCompleted(platform, reference);
    expect(await claimsOf(answer.text)).toMatchObject({
      version: 1,
      reference,
      account: account._id,
      token: request.token,
      accepted: request.created_at.toISOString(),
      due: request.due_at.toISOString(),
      completed: request.completed_at?.toISOString(),
      erased: { contacts: 2, sent_sms: 3 },
      looks: { indexed: 'made', scan: 'made', scanned: expect.any(String), files: 'off', reports: 'made' },
      suppressed: true,
      profile: { name: 'forget', digest: expect.any(String) },
      data_map: expect.any(String),
      lethe: expect.stringMatching(/^\d+\.\d+\.\d+/),
      audit: { entry: 1, mac: expect.stringMatching(/^token1\./) },
      serial: 1,
      previous: null,
    });
    expect(answer.text + Buffer.from(answer.text.split('.')[1] ?? '', 'base64url')).not.toContain(NUMBER);
  });

  it('publishes public keys only', () => {
    expect(jwks.keys).toEqual([
      { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: 'receipt1', alg: 'EdDSA', use: 'sig' },
    ]);
  });

  it('is checked from files alone, and fails when a letter of it is another', async () => {
    const [file, keys] = [await save('receipt.jws', jws), await save('jwks.json', JSON.stringify(jwks))];
    const genuine = await runCli(['receipt', 'verify', file, '--jwks', keys], {});
    expect({ ...genuine, out: JSON.parse(genuine.out.join('\n')) }).toMatchObject({ code: 0, out: { reference } });
    expect(genuine.err.join()).toMatch(/genuine: signed with key receipt1/);
    // As it is copied from a page.
    const broken = await save('broken.jws', `  ${jws.match(/.{1,76}/g)?.join('\r\n  ')}\n`);
    expect(await runCli(['receipt', 'verify', broken, '--jwks', keys], {})).toMatchObject({
      ...{ code: 0, err: genuine.err },
    });
    expect(await runCli(['receipt', 'verify', file, '--jwks', `${url}/.well-known/jwks.json`], {})).toMatchObject({
      code: 0,
    });

    const [head = '', body = '', signature = ''] = jws.split('.');
    const forged = Buffer.from(body, 'base64url').toString().replace('"contacts":2', '"contacts":3');
    const changed = [head, Buffer.from(forged).toString('base64url'), signature].join('.');
    const cases: [text: string, keys: string, why: RegExp][] = [
      [changed, keys, /changed after it was signed/],
      [jws, await save('others.json', JSON.stringify({ keys: [{ ...jwks.keys[0], kid: 'other' }] })), /none of these/],
      ['nothing', keys, /no signed receipt/],
      [jws, await save('none.json', '{}'), /no JWKS/],
    ];
    for (const [text, given, why] of cases) {
      const { code, err } = await runCli(['receipt', 'verify', await save('case.jws', text), '--jwks', given], {});
      expect({ code, err: err.join() }).toEqual({ code: 1, err: expect.stringMatching(why) });
    }
  });

  it('is checked by the lines that its page has for those who have no Lethe', async () => {
    const [, lines = ''] = /```js\n([\s\S]*?)```/.exec(readProjectFile('docs/contracts/receipt.md')) ?? [];
    const program = await save('check.mjs', lines);
    const keys = await save('jwks.json', JSON.stringify(jwks));
    const check = async (text: string) => {
      const args = [program, await save('checked.jws', text), keys];
      const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, env: {}, encoding: 'utf8' });
      return { status, stdout };
    };
    expect(await check(jws)).toEqual({ status: 0, stdout: expect.stringContaining(`reference: '${reference}'`) });
    const [head = '', body = '', signature = ''] = jws.split('.');
    const other = signature.startsWith('A') ? 'B' : 'A';
    for (const text of [
      [head, `${body}A`, signature].join('.'),
      [head, body, `${other}${signature.slice(1)}`].join('.'),
    ])
      expect(await check(text)).toEqual({ status: 1, stdout: 'NOT GENUINE\n' });
  });

  it('is shown on the command line as it is given out', async () => {
    expect((await runCli(['receipt', 'show', reference], platform.env)).out).toEqual([jws]);
    expect((await runCli(['receipt', 'show', 'AAAAAAAAAAAAAAA'], platform.env)).code).toBe(1);
  });

  it('is a page that loads nothing and holds no number, for who asks for one', async () => {
    const page = await receiptOf(reference, { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expectStatus(page, 200);
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    for (const shown of [reference, 'contacts', 'within the deadline', 'every record of the account was read', jws])
      expect(page.text).toContain(shown);
    expect(page.text).not.toMatch(/<script|https?:\/\/|447700900/);
  });

  it('is found to be about a number by who knows it', async () => {
    const match = async (number: string, ref = reference) =>
      call(url, '/gdpr/receipt/match', { key, body: { reference: ref, number } });
    expect((await match(NUMBER)).body).toEqual({ matches: true });
    expect((await match(OTHER)).body).toEqual({ matches: false });
    expectStatus(await match(NUMBER, 'AAAAAAAAAAAAAAA'), 404);
  });

  it('is nobody else’s, and not there for what is not completed', async () => {
    const { key: stranger } = await platform.account({ name: 'Other' });
    expectStatus(await receiptOf(reference, {}, stranger), 404);
    expectStatus(await receiptOf('AAAAAAAAAAAAAAA'), 404);
    expectStatus(await call(url, '/gdpr/receipt', { key }), 400);
  });

  it('is linked to the one before, also under a new key: the old one still checks what it signed', async () => {
    const fresh = generateKey(new Date());
    const rotated = { RECEIPT_KEYS: `${fresh},${TEST_KEYS.RECEIPT_KEYS}` };
    const [api, worker] = [await platform.startApi(rotated), await platform.startWorker(rotated)];
    const { account: second, key: secondKey } = await platform.account({ name: 'Rotated' });
    const { db } = platform.core;
    const keys = (await call(api.url, '/.well-known/jwks.json')).body;
    const read = async (number: string) => {
      await insertRecords(db, second.records_id, number, { sent: 1 });
      const ref = await forget(api.url, secondKey, { number });
      await untilCompleted(platform, ref);
      return verifyReceipt((await runCli(['receipt', 'show', ref], platform.env)).out.join(), keys);
    };
    const [first, next] = [await read(NUMBER), await read(OTHER)];
    expect(next.claims).toMatchObject({ serial: 2, previous: first.hash });
    expect((await verifyReceipt(jws, keys)).keyId).toBe('receipt1');
    await worker.stop();
  });
});
