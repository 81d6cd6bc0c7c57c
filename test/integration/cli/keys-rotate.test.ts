import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { runCli } from '../../support/cli.ts';
import { forget, untilCompleted } from '../../support/forget.ts';
import { openPlatform, type Platform, TEST_KEYS } from '../../support/platform.ts';
import { call } from '../../support/wire.ts';

const [OPEN, DONE] = ['447700900331', '447700900332'];

describe('lethe keys rotate', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('keys-rotate');
  });
  afterAll(() => platform?.close());

  const rotate = (env: NodeJS.ProcessEnv, ...step: string[]) => runCli(['keys', 'rotate', ...step], env);
  const idOf = (line: string | undefined) => String(line?.split(':')[0]);

  it('renews what is open, says what may go and what must stay, and nothing is lost when that is done', async () => {
    const { account, key } = await platform.account();
    const { db } = platform.core;
    const hold = (number: string) =>
      db.collection('sent_sms').insertOne({ account_id: account.records_id, to: number, body: 'x' });
    await Promise.all([hold(OPEN), hold(DONE)]);
    const api = await platform.startApi();
    const worker = await platform.startWorker();
    await untilCompleted(platform, await forget(api.url, key, { number: DONE }));
    await worker.stop();
    const reference = await forget(api.url, key, { number: OPEN });

    expect((await rotate(platform.env)).err).toEqual([expect.stringContaining('Nothing is under way')]);
    expect(await rotate(platform.env, '--promote')).toMatchObject({ code: 1, out: [] });
    expect(await rotate(platform.env, '--add', '--promote')).toMatchObject({ code: 2 });

    const added = { ...platform.env, ...parseEnv((await rotate(platform.env, '--add')).out.join('\n')) };
    expect((await rotate(added)).err.filter((line) => line.includes('is new'))).toHaveLength(3);
    const promoted = { ...added, ...parseEnv((await rotate(added, '--promote')).out.join('\n')) };
    const [seal, token] = [idOf(promoted.LETHE_SEAL_KEYS), idOf(promoted.LETHE_TOKEN_KEYS)];
    expect([promoted.LETHE_SEAL_KEYS, promoted.LETHE_TOKEN_KEYS]).toEqual([
      expect.stringMatching(/^k\d{8}-.*,seal1:/),
      expect.stringMatching(/^k\d{8}-.*,token1:/),
    ]);

    const before = await rotate(promoted);
    expect(before.err).toContainEqual(expect.stringMatching(/^seal key seal1 must stay.*--rewrap/));
    const { out, err } = await rotate(promoted, '--rewrap');
    expect(err).toContain('Sealed anew: 1. Tokens of open requests renewed: 1.');
    expect(err).toContainEqual(expect.stringMatching(/^seal key seal1 may go/));
    expect(err).toContainEqual(expect.stringMatching(/^token key token1 must stay/));
    expect(out).toContainEqual(expect.stringMatching(/^token +token1 +old +blacklist\.token 1, .*lethe_audit\.mac 1/));

    const row = await requestsOf(db).findOne({ reference });
    expect([row?.sealed, row?.token]).toEqual([
      expect.stringMatching(new RegExp(`^${seal}\\.`)),
      expect.stringMatching(new RegExp(`^${token}\\.`)),
    ]);

    // The old seal key goes.
    const after = { ...promoted, LETHE_SEAL_KEYS: String(promoted.LETHE_SEAL_KEYS?.split(',')[0]) };
    const later = await platform.startApi(after);
    expect(await forget(later.url, key, { number: OPEN })).toBe(reference);
    await platform.startWorker(after);
    await untilCompleted(platform, reference);
    for (const number of [OPEN, DONE])
      expect((await call(later.url, '/blacklist/check', { key, body: { number } })).body).toEqual({
        blacklisted: true,
      });
    expect(await db.collection('blacklist').countDocuments({ token: new RegExp(`^${token}\\.`) })).toBe(1);
    // Taken off the list under whichever key it was put there.
    await untilCompleted(platform, await forget(later.url, key, { number: DONE, blacklist: true }));
    expect((await call(later.url, '/blacklist/check', { key, body: { number: DONE } })).body.blacklisted).toBe(false);
  });

  it('an entry of the audit under a key that is gone stops a process, too', async () => {
    const { db } = platform.core;
    await db.collection('blacklist').deleteMany({});
    await db.collection('lethe_audit_heads').deleteMany({});
    const [, other] = parseEnv((await rotate(platform.env, '--add')).out.join('\n')).LETHE_TOKEN_KEYS?.split(',') ?? [];
    const { out } = await runCli(['check-map'], { ...platform.env, LETHE_TOKEN_KEYS: other, ...sealOnly() });
    expect(out).toContainEqual(expect.stringContaining('token key token1 (lethe_audit.mac) is in use and not at hand'));
  });

  const sealOnly = () => ({ LETHE_SEAL_KEYS: TEST_KEYS.LETHE_SEAL_KEYS });
});
