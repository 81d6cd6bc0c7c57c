import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSessions } from '../../../src/ledger/people/sessions.ts';
import { makeTotp, signIn } from '../../../src/ledger/people/sign-in.ts';
import { totpCode } from '../../../src/lib/totp.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { attempt, makePerson, type SignedIn, signInAs } from '../../support/sign-in.ts';
import { call } from '../../support/wire.ts';

const NUMBER = '447700900521';
const WRONG = { error: 'invalid_sign_in', msg: 'E-mail address, password or code is not right' };

describe('signing in to the console', () => {
  let platform: Platform;
  let url: string;
  let clerk: SignedIn;
  let account: string;
  let other: string;
  beforeAll(async () => {
    platform = await openPlatform('session', { RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
    account = (await platform.account({ name: 'Acme' })).account._id;
    other = (await platform.account({ name: 'Bolt' })).account._id;
    clerk = await signInAs(platform, url, 'Clerk@Example.com', 'clerk', { kind: 'account', id: account });
  });
  afterAll(() => platform?.close());

  it('gives a cookie no script reads and no other page sends, and says who is there', async () => {
    const answer = await attempt(url, ' clerk@example.COM ');
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']).toMatch(/^lethe=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const user = {
      id: clerk.person._id,
      email: 'clerk@example.com',
      name: 'Clerk@Example.com',
      role: 'clerk',
      scopes: ['look', 'forget', 'redact', 'access'],
      accounts: [{ id: account, name: 'Acme' }],
    };
    expect(answer.body).toEqual({ user, csrf: expect.any(String), expires_at: expect.stringMatching(/Z$/) });
    expect((await clerk.ask('/console/api/session')).body).toEqual({
      ...answer.body,
      csrf: clerk.csrf,
      expires_at: expect.any(String),
    });
    // Through TLS, and for every host but this machine's: the cookie is bound to TLS and to its host.
    for (const headers of [{ 'x-forwarded-proto': 'https' }, { 'x-forwarded-host': 'lethe.example.com' }]) {
      const body = { email: 'clerk@example.com', password: clerk.password };
      const cookie = (await call(url, '/console/api/session', { body, headers })).headers['set-cookie'];
      expect(cookie).toMatch(/^__Host-lethe=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    }
  });

  it('says the same of an unknown address, a wrong password, and a person who is disabled', async () => {
    await makePerson(platform, 'gone@example.com', 'viewer');
    const { _id } = await makePerson(platform, 'left@example.com', 'viewer');
    await platform.core.people.disable(_id, new Date());
    for (const [email, password] of [
      ['nobody@example.com', clerk.password],
      ['gone@example.com', 'wrong'],
      ['left@example.com', clerk.password],
      [NUMBER, clerk.password],
      ['gone@example.com', ''],
    ] as const) {
      const answer = await attempt(url, email, password);
      expect([email, answer.status, answer.body]).toEqual([email, 401, WRONG]);
    }
    expect((await attempt(url, 'gone@example.com', { $ne: null } as never)).status).toBe(400);
  });

  it('locks out for a quarter of an hour after five wrong ones, however they come, and says so to nobody', async () => {
    const email = 'locked@example.com';
    await makePerson(platform, email, 'viewer');
    const now = new Date();
    const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
    const tryAt = (at: Date, password = clerk.password) =>
      signIn(platform.core, { email, password }, at).then(
        ({ email: who }) => who,
        (error: unknown) => (error as { errorName: string }).errorName,
      );
    for (let count = 0; count < 4; count += 1) expect(await tryAt(now, 'wrong')).toBe('invalid_sign_in');
    expect(await tryAt(now)).toBe(email);
    await Promise.all(Array.from({ length: 6 }, () => tryAt(now, 'wrong')));
    expect(await tryAt(now)).toBe('invalid_sign_in');
    expect(await tryAt(later(14))).toBe('invalid_sign_in');
    expect(await tryAt(later(16))).toBe(email);
  });

  it('asks for a one-time password after a right password only, and takes each once', async () => {
    const email = 'totp@example.com';
    const { sealed, address } = makeTotp(platform.core.seal, email);
    const secret = new URL(address).searchParams.get('secret') ?? '';
    const person = await makePerson(platform, email, 'viewer');
    await platform.core.people.reset(person._id, clerk.password, sealed);
    expect(JSON.stringify(await platform.core.people.find(person._id))).not.toContain(secret);
    expect((await attempt(url, email, 'wrong')).body.error).toBe('invalid_sign_in');
    expect((await attempt(url, email)).body.error).toBe('totp_required');
    expect((await attempt(url, email, clerk.password, '000000')).body.error).toBe('invalid_sign_in');
    const code = totpCode(secret, new Date());
    expect((await attempt(url, email, clerk.password, code)).status).toBe(200);
    expect((await attempt(url, email, clerk.password, code)).body.error).toBe('invalid_sign_in');
  });

  it('lets no write through without the token of the session', async () => {
    const body = { number: NUMBER };
    expect((await clerk.ask('/blacklist/check', { body })).body).toEqual({ blacklisted: false });
    for (const token of ['', 'x'.repeat(43), (await attempt(url, 'clerk@example.com')).body.csrf]) {
      const answer = await clerk.ask('/blacklist/check', { body, headers: { 'x-csrf-token': String(token) } });
      expect([answer.status, answer.body]).toEqual([
        403,
        { error: { code: 403, msg: expect.stringContaining('CSRF') } },
      ]);
    }
  });

  it('ends with the session, when it was idle, after its longest time, and when the person is disabled', async () => {
    const hour = 3_600_000;
    const sessions = createSessions(platform.core.db, { idleMs: hour, longestMs: 3 * hour });
    const begun = new Date();
    const at = (hours: number) => new Date(begun.getTime() + hours * hour);
    const open = async () => (await sessions.open(clerk.person, begun)).secret;
    const [idle, busy, background] = [await open(), await open(), await open()];
    expect(await sessions.find(idle, at(1.1), true)).toBeNull();
    for (const hours of [0.9, 1.8, 2.7]) expect(await sessions.find(busy, at(hours), true)).not.toBeNull();
    expect(await sessions.find(busy, at(3.01), true)).toBeNull();
    expect(await sessions.find(background, at(0.9), false)).not.toBeNull();
    expect(await sessions.find(background, at(1.1), false)).toBeNull();
    for (const secret of ['', 'x', idle.slice(1)]) expect(await sessions.find(secret, begun, true)).toBeNull();

    const viewer = await signInAs(platform, url, 'viewer@example.com', 'viewer');
    expect((await viewer.ask('/console/api/session', { method: 'DELETE' })).status).toBe(204);
    expect((await viewer.ask('/console/api/session')).body).toEqual({ error: 'unauthorized', msg: 'Unauthorized' });
    const officer = await signInAs(platform, url, 'officer@example.com', 'officer');
    await platform.core.people.disable(officer.person._id, new Date());
    expect((await officer.ask('/console/api/session')).status).toBe(401);
  });

  it('keeps digests alone of what signs somebody in', async () => {
    const rows = await platform.core.db.collection('lethe_sessions').find().toArray();
    expect(rows.length).toBeGreaterThan(0);
    const secret = clerk.cookie.split('=')[1] ?? '';
    const people = await platform.core.people.list();
    for (const text of [secret, clerk.csrf, clerk.password]) expect(JSON.stringify([rows, people])).not.toContain(text);
  });

  it('works on the account that is named, and on no other', async () => {
    const settings = (one: string) => `/accounts/${one}/redaction`;
    // Who has one account need not name it.
    expect((await clerk.ask(settings(account))).status).toBe(200);
    expect((await clerk.ask(settings(other))).status).toBe(404);
    expect((await clerk.ask(settings(other), {}, other)).status).toBe(404);
    const all = await signInAs(platform, url, 'all@example.com', 'clerk');
    const unnamed = await all.ask(settings(account));
    expect([unnamed.status, unnamed.text]).toEqual([400, expect.stringContaining('Lethe-Account')]);
    expect((await all.ask(settings(account), {}, account)).status).toBe(200);
    expect((await all.ask(settings(other), {}, 'acc_000000000000')).status).toBe(404);
    expect((await all.ask('/console/api/accounts')).body).toEqual({
      items: ['Acme', 'Bolt'].map((name) => ({
        ...{ id: name === 'Acme' ? account : other, name },
        ...{ time_zone: 'Europe/London', agency: true },
      })),
    });
    expect((await clerk.ask('/console/api/accounts')).body).toMatchObject({ items: [{ id: account }] });
  });

  it('refuses work on an account that is disabled, as its keys are refused', async () => {
    const { account: shut } = await platform.account({ name: 'Shut' });
    const only = await signInAs(platform, url, 'only@example.com', 'clerk', { kind: 'account', id: shut._id });
    const every = await signInAs(platform, url, 'every@example.com', 'clerk');
    await platform.core.accounts.setDisabled(shut._id, new Date());
    const paths = [`/accounts/${shut._id}/redaction`, '/requests'];
    for (const who of [only, every])
      for (const path of paths) expect((await who.ask(path, {}, shut._id)).text).toContain('This account is disabled');
    expect((await only.ask('/console/api/accounts')).body).toEqual({ items: [] });
    expect((await only.ask('/requests')).body.items).toEqual([]);
    expect((await every.ask('/console/api/accounts')).body.items).toContainEqual(
      expect.objectContaining({ id: shut._id, disabled: true }),
    );
    expect((await only.ask('/console/api/session', { method: 'DELETE' })).status).toBe(204);
    await platform.core.accounts.setDisabled(shut._id, null);
    expect((await every.ask(paths[0] ?? '', {}, shut._id)).status).toBe(200);
  });

  it('has the audit name the person', async () => {
    expect((await clerk.ask(`/gdpr/access?number=${NUMBER}`)).status).toBe(200);
    const entry = await platform.core.db.collection('lethe_audit').findOne({ account_id: account });
    expect(entry).toMatchObject({ action: 'data.access', actor: 'clerk@example.com' });
  });

  it('changes the own password, and ends the other sessions', async () => {
    const viewer = await signInAs(platform, url, 'changes@example.com', 'viewer');
    const path = '/console/api/session/password';
    const next = 'another horse battery';
    expect((await viewer.ask(path, { body: { current: 'wrong', password: next } })).status).toBe(401);
    expect((await viewer.ask(path, { body: { current: viewer.password, password: 'short' } })).status).toBe(400);
    expect((await viewer.ask(path, { body: { current: viewer.password, password: next } })).status).toBe(200);
    expect((await viewer.ask('/console/api/session')).status).toBe(401);
    expect((await attempt(url, 'changes@example.com', next)).status).toBe(200);
  });
});
