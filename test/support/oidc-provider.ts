import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { closeServer } from './platform.ts';

/** What the provider knows of whoever sits before it. */
type Profile = Readonly<Record<string, unknown>>;

/** What it gets wrong: the answer must be refused. */
type Fault = 'nonce' | 'audience' | 'signature' | 'expired' | 'refuses';

/** A provider of OpenID Connect: code flow with PKCE, a page to press a button on, ids signed with RS256. */
export interface OidcProvider {
  /** Under a host of its own, so that for a browser it is another site than 127.0.0.1. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who signs in from now on, and what goes wrong then. @param asked claims that only userinfo tells */
  next(profile: Profile, options?: { fault?: Fault; asked?: Profile }): void;
  /** Presses the button on the page at this address. @returns where the browser is sent back to */
  approve(address: string): Promise<string>;
  close(): Promise<void>;
}

const CLIENT = { clientId: 'lethe', clientSecret: 'a secret: with + and %' } as const;
const LIFE_SECONDS = 300;

interface Begun {
  readonly redirect: string;
  readonly nonce: string;
  readonly challenge: string;
}

/** Starts a provider on a free port of this host. */
export async function startOidcProvider(): Promise<OidcProvider> {
  const [keys, foreign] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, Begun>();
  let current: { profile: Profile; fault?: Fault; asked?: Profile } = { profile: {} };
  let issuer = '';

  const issue = async ({ nonce }: Begun): Promise<string> => {
    const { fault, profile } = current;
    const now = Math.floor(Date.now() / 1_000) - (fault === 'expired' ? 2 * LIFE_SECONDS : 0);
    return new SignJWT({ ...profile, nonce: fault === 'nonce' ? 'another' : nonce })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(issuer)
      .setAudience(fault === 'audience' ? 'another' : CLIENT.clientId)
      .setIssuedAt(now)
      .setExpirationTime(now + LIFE_SECONDS)
      .sign(fault === 'signature' ? foreign.privateKey : keys.privateKey);
  };

  const routes: Record<string, (request: IncomingMessage, url: URL, response: ServerResponse) => unknown> = {
    '/.well-known/openid-configuration': (_request, _url, response) =>
      answer(response, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['RS256'],
        authorization_response_iss_parameter_supported: true,
      }),
    '/jwks': (_request, _url, response) => answer(response, { keys: [jwk] }),
    '/authorize': (_request, { search, searchParams }, response) => {
      const isOurs = searchParams.get('client_id') === CLIENT.clientId && searchParams.get('code_challenge');
      response.writeHead(isOurs ? 200 : 400, { 'content-type': 'text/html' });
      response.end(
        `<form method="post" action="/approve${search.replaceAll('&', '&amp;')}"><button>Go on</button></form>`,
      );
    },
    '/approve': (_request, { searchParams: asked }, response) => {
      const code = randomBytes(12).toString('hex');
      const [redirect, nonce, challenge] = ['redirect_uri', 'nonce', 'code_challenge'].map(
        (name) => asked.get(name) ?? '',
      );
      codes.set(code, { redirect, nonce, challenge } as Begun);
      const back = new URL(redirect ?? '');
      const told = current.fault === 'refuses' ? { error: 'access_denied' } : { code };
      for (const [name, value] of Object.entries({
        ...told,
        state: asked.get('state') ?? '',
        iss: issuer,
        session_state: 'x',
      }))
        back.searchParams.set(name, value);
      response.writeHead(302, { location: back.href }).end();
    },
    '/token': async (request, _url, response) => {
      const fields = new URLSearchParams(await read(request));
      const code = fields.get('code') ?? '';
      const begun = codes.get(code);
      codes.delete(code);
      const verified = createHash('sha256')
        .update(fields.get('code_verifier') ?? '')
        .digest('base64url');
      const isRight =
        begun !== undefined &&
        verified === begun.challenge &&
        fields.get('redirect_uri') === begun.redirect &&
        request.headers.authorization === `Basic ${basic()}`;
      if (!isRight) answer(response, { error: 'invalid_grant' }, 400);
      else answer(response, { access_token: 'one', token_type: 'Bearer', id_token: await issue(begun) });
    },
    '/userinfo': (_request, _url, response) => answer(response, { sub: current.profile.sub, ...current.asked }),
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    const route = routes[url.pathname];
    if (route) void route(request, url, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    ...CLIENT,
    issuer,
    next(profile, options = {}) {
      current = { profile, ...options };
    },
    async approve(address) {
      const page = await (await fetch(address)).text();
      const [, action = ''] = /action="([^"]+)"/.exec(page) ?? [];
      const response = await fetch(issuer + action.replaceAll('&amp;', '&'), { method: 'POST', redirect: 'manual' });
      return response.headers.get('location') ?? '';
    },
    close: () => closeServer(server),
  };
}

/** RFC 6749, section 2.3.1: both are form-encoded before they are joined. */
function basic(): string {
  const encode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
  return Buffer.from(`${encode(CLIENT.clientId)}:${encode(CLIENT.clientSecret)}`).toString('base64');
}

function answer(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
