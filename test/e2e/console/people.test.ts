import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../support/cli.ts';
import { fillPath, readOperations } from '../../support/operations.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { attempt, makePerson, type SignedIn, signInAs } from '../../support/sign-in.ts';
import { call } from '../../support/wire.ts';

describe('people and keys', () => {
  let platform: Platform;
  let url: string;
  let agency: string;
  let sub: string;
  let other: string;
  let admin: SignedIn;
  let root: SignedIn;
  beforeAll(async () => {
    platform = await openPlatform('people', { RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
    agency = (await platform.account({ name: 'Agency' })).account._id;
    sub = (await platform.core.accounts.create({ name: 'Sub', agency, now: new Date() }))._id;
    other = (await platform.account({ name: 'Other' })).account._id;
    admin = await signInAs(platform, url, 'admin@example.com', 'admin', { kind: 'agency', id: agency });
    root = await signInAs(platform, url, 'root@example.com', 'admin');
  });
  afterAll(() => platform?.close());

  const add = (who: SignedIn, fields: object) =>
    who.ask('/console/api/people', { body: { name: 'Jo', role: 'clerk', ...fields } });
  const emails = async (who: SignedIn) =>
    ((await who.ask('/console/api/people')).body.items as { email: string }[]).map(({ email }) => email).sort();

  it('an admin lets people in who cover no more than the admin', async () => {
    const made = await add(admin, { email: 'jo@example.com', account: sub });
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ role: 'clerk', covers: 'account', accounts: [{ id: sub, name: 'Sub' }], totp: false }),
    ]);
    expect((await attempt(url, 'jo@example.com', String(made.body.password))).status).toBe(200);
    expect((await add(admin, { email: 'JO@example.com', account: sub })).body.error).toBe('conflict');
    for (const covers of [
      { all: true },
      { account: other },
      { agency: other },
      { agency: sub },
      { account: 'acc_000000000000' },
    ])
      expect((await add(admin, { email: 'more@example.com', ...covers })).body.error).toBe('forbidden');
    for (const bad of [{}, { account: sub, all: true }, { account: sub, email: '447700900522@example.com' }])
      expect((await add(admin, { email: 'more@example.com', ...bad })).body.error).toBe('bad_input');
    expect((await add(root, { email: 'other@example.com', account: other, totp: true })).body).toMatchObject({
      totp: true,
      totp_address: expect.stringMatching(/^otpauth:/),
    });
    expect(await emails(admin)).toEqual(['admin@example.com', 'jo@example.com']);
    expect(await emails(root)).toEqual([
      'admin@example.com',
      'jo@example.com',
      'other@example.com',
      'root@example.com',
    ]);
  });

  it('an admin disables and resets them, and nobody beyond, nor themselves', async () => {
    const jo = await makePerson(platform, 'kim@example.com', 'viewer', { kind: 'account', id: sub });
    const path = (id: string, act: string) => `/console/api/people/${id}/${act}`;
    expect((await admin.ask(path(jo._id, 'disable'), { body: {} })).body).toMatchObject({ disabled: true });
    expect((await attempt(url, 'kim@example.com')).status).toBe(401);
    const reset = await admin.ask(path(jo._id, 'reset'), { body: { totp: true } });
    expect(reset.body).toMatchObject({ disabled: false, totp: true, password: expect.any(String) });
    expect((await attempt(url, 'kim@example.com', String(reset.body.password))).body.error).toBe('totp_required');
    for (const id of [root.person._id, 'usr_none'])
      for (const act of ['disable', 'reset'])
        expect((await admin.ask(path(id, act), { body: {} })).body.error).toBe('route_not_found');
    expect((await admin.ask(path(admin.person._id, 'disable'), { body: {} })).body.error).toBe('conflict');
  });

  it('makes keys of the account that is worked on, with scopes, and revokes them', async () => {
    const made = await admin.ask('/console/api/keys', { body: { label: 'web', scopes: ['look'] } }, sub);
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ label: 'web', scopes: ['look'], revoked: false, key: expect.any(String) }),
    ]);
    const key = String(made.body.key);
    expect((await call(url, `/accounts/${sub}/redaction`, { key })).status).toBe(200);
    expect((await call(url, '/gdpr/forget', { key, body: { number: 447700900523 } })).status).toBe(403);
    // The key may not make one that may do more.
    const settings = await admin.ask('/console/api/keys', { body: { label: 'ops', scopes: ['settings'] } }, sub);
    const more = { key: String(settings.body.key), body: { label: 'more', scopes: ['forget'] } };
    expect((await call(url, '/console/api/keys', more)).body.error).toBe('forbidden');
    const revoke = `/console/api/keys/${made.body.id}/revoke`;
    expect((await admin.ask(revoke, { body: {} }, agency)).status).toBe(404);
    expect((await admin.ask(revoke, { method: 'POST' }, sub)).body).toMatchObject({ revoked: true });
    expect((await call(url, `/accounts/${sub}/redaction`, { key })).status).toBe(401);
    const { items } = (await admin.ask('/console/api/keys', {}, sub)).body as { items: object[] };
    expect([items.length, JSON.stringify(items).includes(key.slice(17))]).toEqual([2, false]);
    const entries = await platform.core.db.collection('lethe_audit').find({ account_id: sub }).toArray();
    expect(entries.map(({ actor, reason }) => [actor, reason])).toEqual([
      ['admin@example.com', 'key created: look'],
      ['admin@example.com', 'key created: settings'],
      ['admin@example.com', 'key revoked'],
    ]);
  });

  it('has the audit of the installation tell who was let in, kept out, given a password, and has signed in', async () => {
    const { items } = (await root.ask('/audit?account=installation&limit=200')).body as {
      items: { actor: string; action: string; reference: string; detail: { reason: string } }[];
    };
    const told = items.map(({ actor, action, detail }) => [actor, action, detail.reason]);
    for (const reason of ['person created', 'person disabled', 'person reset'])
      expect(told).toContainEqual(['admin@example.com', 'people.change', reason]);
    expect(told).toContainEqual(['root@example.com', 'people.sign_in', 'password']);
    expect((await root.ask('/audit/verify', { body: { account: 'installation' } })).body).toMatchObject({ ok: true });
    const { body } = await root.ask(`/audit?reference=${admin.person._id}`);
    expect(body.items).toMatchObject([{ account: 'installation', actor: 'admin@example.com' }]);
    expect((await admin.ask('/audit?account=installation')).status).toBe(404);
    expect((await admin.ask('/audit?limit=200')).text).not.toContain('people.');
  });

  it('a field that is not known is refused where no key comes, too', async () => {
    const operations = (await readOperations(url)).filter((one) => one.guarded && one.forPeople);
    expect(operations.length).toBeGreaterThan(5);
    for (const { method, template } of operations) {
      const answer = await root.ask(`${fillPath(template, { person: root.person._id })}?sanbox=perhaps`, { method });
      expect([template, answer.status, answer.text]).toEqual([template, 400, expect.stringContaining('sanbox')]);
    }
  });

  it('the command line makes, lists, disables and resets people', async () => {
    const run = (args: string[], input = '') => runCli(['user', ...args], platform.env, new Date(), input);
    const who = ['--email', 'Cli@Example.com', '--role', 'officer'];
    const made = await run(['create', ...who, '--agency', agency, '--totp']);
    expect(made).toMatchObject({
      code: 0,
      out: [expect.stringMatching(/^\w{20}$/), expect.stringMatching(/^otpauth:/)],
    });
    expect((await attempt(url, 'cli@example.com', made.out[0])).body.error).toBe('totp_required');
    expect(await run(['create', ...who, '--all-accounts'])).toMatchObject({ code: 1, out: [] });
    expect((await run(['reset', 'cli@example.com', '--totp', 'off', '--password-stdin'], 'short')).code).toBe(2);
    const reset = await run(['reset', 'cli@example.com', '--totp', 'off', '--password-stdin'], 'a long enough one');
    expect(reset).toMatchObject({ code: 0, out: [] });
    expect((await attempt(url, 'cli@example.com', 'a long enough one')).status).toBe(200);
    expect((await run(['disable', 'cli@example.com'])).code).toBe(0);
    expect((await attempt(url, 'cli@example.com', 'a long enough one')).status).toBe(401);
    expect((await run(['disable', 'cli@example.com'])).code).toBe(1);
    expect(
      await run(['create', '--email', 'elsewhere@example.com', '--role', 'viewer', '--all-accounts', '--no-password']),
    ).toMatchObject({ code: 0, out: [] });
    expect((await attempt(url, 'elsewhere@example.com', '')).status).toBe(401);
    const entries = await platform.core.db.collection('lethe_audit').find({ actor: 'cli' }).sort({ seq: 1 }).toArray();
    expect(entries.map(({ reason }) => reason)).toEqual(
      ['created', 'reset', 'disabled', 'created'].map((act) => `person ${act}`),
    );
    const { out } = await run(['list']);
    expect(out.find((line) => line.startsWith('cli@'))).toMatch(/officer +agency acc_\w+ +disabled +- +20/);
    for (const args of [
      [...who, '--agency', sub],
      [...who, '--agency', agency, '--all-accounts'],
      [...who],
      ['--email', 'x@example.com', '--role', 'viewer', '--all-accounts', '--no-password', '--totp'],
      ['--email', 'x', '--role', 'viewer', '--all-accounts'],
      ['--email', 'x@example.com', '--role', 'boss', '--all-accounts'],
    ])
      expect((await run(['create', ...args])).code).toBe(2);
  });
});
