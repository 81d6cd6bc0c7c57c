import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openIdentityProvider } from '../../../src/base/oidc/identity-provider.ts';
import { makeTotp } from '../../../src/ledger/people/sign-in.ts';
import { type OidcProvider, startOidcProvider } from '../../support/oidc-provider.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { attempt, makePerson } from '../../support/sign-in.ts';
import { call } from '../../support/wire.ts';

const MINUTE = 60_000;

describe('signing in with OpenID Connect', () => {
  let platform: Platform;
  let provider: OidcProvider;
  let url: string;
  let shift = 0;
  beforeAll(async () => {
    provider = await startOidcProvider();
    platform = await openPlatform('oidc', {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      OIDC_NAME: 'Example & Co',
    });
    ({ url } = await platform.startApi({}, () => new Date(Date.now() + shift)));
    await makePerson(platform, 'jo@example.com', 'clerk');
  });
  afterAll(async () => {
    await platform?.close();
    await provider?.close();
  });

  /** One request of a browser that follows nothing by itself. */
  async function visit(address: string, cookie = ''): Promise<{ status: number; to: string; cookies: string[] }> {
    const response = await fetch(address, { redirect: 'manual', headers: { cookie } });
    await response.text();
    return {
      status: response.status,
      to: response.headers.get('location') ?? '',
      cookies: response.headers.getSetCookie(),
    };
  }
  const pairOf = (cookies: readonly string[]) => cookies[0]?.split(';')[0] ?? '';
  const begin = async (to = '') => {
    const started = await visit(`${url}/console/api/oidc/start${to}`);
    return { ...started, back: await provider.approve(started.to) };
  };
  /** There and back. */
  const signIn = async () => {
    const { back, cookies } = await begin();
    return visit(back, pairOf(cookies));
  };
  const jo = { sub: 'a1', email: 'Jo@Example.com', email_verified: true };

  it('goes there and back, and gives the session that a password gives', async () => {
    expect((await call(url, '/console/api/oidc')).body).toEqual({ enabled: true, name: 'Example & Co' });
    provider.next(jo);
    const { to, cookies, back } = await begin('?to=/console/requests/3a6DcAGqIsSaOod');
    expect(Object.fromEntries(new URL(to).searchParams)).toEqual({
      ...{ client_id: 'lethe', response_type: 'code', scope: 'openid email profile' },
      redirect_uri: `${url}/console/api/oidc/callback`,
      ...{ code_challenge_method: 'S256', code_challenge: expect.stringMatching(/^[\w-]{43}$/) },
      ...{ state: expect.stringMatching(/^[\w-]{43}$/), nonce: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(cookies).toEqual([
      expect.stringMatching(/^lethe-oidc=[^;]+; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/),
    ]);
    const done = await visit(back, pairOf(cookies));
    expect([done.status, done.to]).toEqual([302, '/console/requests/3a6DcAGqIsSaOod']);
    const session = done.cookies.find((cookie) => cookie.startsWith('lethe=')) ?? '';
    expect(session).toMatch(/^lethe=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const here = await call(url, '/console/api/session', { headers: { cookie: pairOf([session]) } });
    expect(here.body).toMatchObject({ user: { email: 'jo@example.com', role: 'clerk' } });
    // The code was good once.
    expect((await visit(back, pairOf(cookies))).to).toBe('/console/?sign-in=failed');
    const entries = await platform.core.db.collection('lethe_audit').find({ account_id: 'installation' }).toArray();
    expect(entries).toMatchObject([
      { actor: 'jo@example.com', action: 'people.sign_in', reason: 'openid_connect', seq: 1 },
    ]);
  });

  it('asks userinfo where the id token does not tell, and no app for a code', async () => {
    const person = await makePerson(platform, 'kim@example.com', 'viewer');
    const { sealed } = makeTotp(platform.core.seal, person.email);
    await platform.core.people.reset(person._id, 'correct horse battery', sealed);
    expect((await attempt(url, 'kim@example.com')).body.error).toBe('totp_required');
    provider.next({ sub: 'a2' }, { asked: { email: 'kim@example.com', email_verified: true } });
    expect((await signIn()).to).toBe('/console/');
  });

  it('makes nobody, and lets nobody in who is disabled or locked out', async () => {
    const [left, locked] = [
      await makePerson(platform, 'left@example.com', 'viewer'),
      await makePerson(platform, 'locked@example.com', 'viewer'),
    ];
    await platform.core.people.disable(left._id, new Date());
    for (let count = 0; count < 6; count += 1) await attempt(url, locked.email, 'wrong');
    for (const email of ['nobody@example.com', left.email, locked.email]) {
      provider.next({ ...jo, email });
      expect([email, (await signIn()).to]).toEqual([email, '/console/?sign-in=refused']);
    }
    expect(await platform.core.people.list()).toHaveLength(4);
  });

  it.each([
    ['a nonce of another sign-in', jo, 'nonce'],
    ['an id for another client', jo, 'audience'],
    ['an id of another key', jo, 'signature'],
    ['an id that has ended', jo, 'expired'],
    ['a refusal', jo, 'refuses'],
    ['an address nobody has verified', { sub: 'a1', email: jo.email }, undefined],
    ['no address', { sub: 'a1' }, undefined],
  ] as const)('refuses %s', async (_what, profile, fault) => {
    provider.next(profile, fault ? { fault } : {});
    const { to, cookies } = await signIn();
    expect([to, cookies.some((cookie) => cookie.startsWith('lethe='))]).toEqual(['/console/?sign-in=failed', false]);
  });

  it('takes an answer from the browser alone that was sent away, soon, and unchanged', async () => {
    provider.next(jo);
    const [mine, other] = [await begin(), await begin()];
    const cookie = pairOf(mine.cookies);
    const changed = new URL(mine.back);
    changed.searchParams.set('state', 'another');
    for (const [address, sent] of [
      [mine.back, ''],
      [mine.back, pairOf(other.cookies)],
      [changed.href, cookie],
      [mine.back, `${cookie.slice(0, -4)}aaaa`],
    ] as const)
      expect((await visit(address, sent)).to).toBe('/console/?sign-in=failed');
    shift = 11 * MINUTE;
    expect((await visit(mine.back, cookie)).to).toBe('/console/?sign-in=failed');
    shift = 0;
    expect((await visit(mine.back, cookie)).to).toBe('/console/');
    for (const to of ['https://example.com/', '//example.com', '/console/../x', '/docs'])
      expect((await visit(`${url}/console/api/oidc/start?to=${encodeURIComponent(to)}`)).status).toBe(400);
  });

  it('is not there where it is not set up, or cannot be reached', async () => {
    const without = await platform.startApi({ OIDC_ISSUER: '', OIDC_CLIENT_ID: '', OIDC_CLIENT_SECRET: '' });
    expect((await call(without.url, '/console/api/oidc')).body).toEqual({ enabled: false });
    expect((await visit(`${without.url}/console/api/oidc/start`)).status).toBe(404);
    const away = await platform.startApi({ OIDC_ISSUER: 'http://127.0.0.1:1' });
    expect((await visit(`${away.url}/console/api/oidc/start`)).to).toBe('/console/?sign-in=failed');
    const set = { OIDC_ISSUER: 'http://id.example.com', OIDC_CLIENT_ID: 'a', OIDC_CLIENT_SECRET: 'b' };
    const open = (some: object) =>
      openIdentityProvider({ ...{ OIDC_CLAIM: 'email', OIDC_NAME: undefined }, ...set, ...some });
    expect(() => open({ OIDC_CLIENT_SECRET: undefined })).toThrow('go together');
    expect(() => open({})).toThrow('https://');
    expect(open({ OIDC_ISSUER: 'https://id.example.com' })?.name).toBeUndefined();
  });
});
