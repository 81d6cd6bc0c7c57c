import type * as Oidc from 'openid-client';
import { type Config, ConfigError } from '../config.ts';

/** What the browser that was sent to the provider must bring back: kept by that browser alone, sealed. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636: whoever reads the code on its way cannot use it without this. */
  readonly verifier: string;
}

/** Who says who people are: an OpenID Connect provider. */
export interface IdentityProvider {
  /** What people call it; undefined: nobody said. */
  readonly name: string | undefined;
  /**
   * Where the browser goes to sign in.
   * @param callback the address the provider sends it back to
   * @throws IdentityFault
   */
  begin(callback: URL): Promise<{ address: URL; pending: PendingSignIn }>;
  /**
   * Checks what the provider sent back, and takes the code for the claim that names the person.
   * @param answer the whole address that the browser came back to
   * @throws IdentityFault
   */
  finish(answer: URL, pending: PendingSignIn): Promise<string>;
}

/** The provider is away, or what came back is not what was asked for. `fault` is a word for the log and holds no claim. */
export class IdentityFault extends Error {
  readonly fault: string;

  constructor(fault: string) {
    super(`OpenID Connect: ${fault}`);
    this.name = 'IdentityFault';
    this.fault = fault;
  }
}

type Settings = Pick<Config, 'OIDC_ISSUER' | 'OIDC_CLIENT_ID' | 'OIDC_CLIENT_SECRET' | 'OIDC_CLAIM' | 'OIDC_NAME'>;

const SCOPES = 'openid email profile';
const TIMEOUT_SECONDS = 10;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Speaks to nobody yet: a provider that is away keeps no API from starting.
 * @returns null: OpenID Connect is not set up here
 * @throws ConfigError when it is set up in part, or would go over the network in the clear
 */
export function openIdentityProvider(config: Settings): IdentityProvider | null {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: secret } = config;
  if (issuer === undefined && clientId === undefined && secret === undefined) return null;
  if (issuer === undefined || clientId === undefined || secret === undefined)
    throw new ConfigError('OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET go together');
  const server = new URL(issuer);
  const isClear = server.protocol === 'http:';
  if (isClear && !LOOPBACK.test(server.hostname))
    throw new ConfigError('OIDC_ISSUER must begin with https://, except on this machine');
  const discover = once(async () => {
    // Loaded late: most processes send nobody to a provider.
    const oidc = await import('openid-client');
    const provider = await oidc.discovery(server, clientId, undefined, authenticateWith(oidc, secret), {
      timeout: TIMEOUT_SECONDS,
      // The signature of the id token is checked, too, and not the connection alone.
      execute: [oidc.enableNonRepudiationChecks, ...(isClear ? [oidc.allowInsecureRequests] : [])],
    });
    return { oidc, provider };
  });
  return {
    name: config.OIDC_NAME,
    begin: (callback) => guard(async () => beginAt(await discover(), callback)),
    finish: (answer, pending) => guard(async () => finishAt(await discover(), answer, pending, config.OIDC_CLAIM)),
  };
}

/** The library, and what it found out about the provider. */
interface Discovered {
  readonly oidc: typeof Oidc;
  readonly provider: Oidc.Configuration;
}

/** The secret goes the way the provider takes it; without a word from it as OpenID Connect Discovery says it is then. */
function authenticateWith(oidc: typeof Oidc, secret: string): Oidc.ClientAuth {
  const [basic, post] = [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, client, body, headers);
  };
}

async function beginAt(
  { oidc, provider }: Discovered,
  callback: URL,
): Promise<{ address: URL; pending: PendingSignIn }> {
  const pending = {
    state: oidc.randomState(),
    nonce: oidc.randomNonce(),
    verifier: oidc.randomPKCECodeVerifier(),
  };
  const address = oidc.buildAuthorizationUrl(provider, {
    redirect_uri: callback.href,
    response_type: 'code',
    scope: SCOPES,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  });
  return { address, pending };
}

async function finishAt(
  { oidc, provider }: Discovered,
  answer: URL,
  { state, nonce, verifier }: PendingSignIn,
  claim: string,
): Promise<string> {
  const tokens = await oidc.authorizationCodeGrant(provider, answer, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (!claims) throw new IdentityFault('no_id_token');
  // Some providers keep the id token small, and tell the rest when they are asked.
  const isAsked = claims[claim] === undefined && provider.serverMetadata().userinfo_endpoint !== undefined;
  const told = isAsked ? await oidc.fetchUserInfo(provider, tokens.access_token, claims.sub) : claims;
  const value = told[claim];
  if (typeof value !== 'string' || value === '') throw new IdentityFault('no_claim');
  // An address that anybody may write into their own profile proves nothing. Some providers write the flag as a text.
  if (claim === 'email' && String(told.email_verified) !== 'true') throw new IdentityFault('email_not_verified');
  return value;
}

/** Messages of the library may repeat what was sent: its codes do not. */
async function guard<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof IdentityFault) throw error;
    const code = (error as { code?: unknown }).code;
    throw new IdentityFault(typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? code : 'unreachable');
  }
}

/** What was found is kept; what failed is tried again the next time. */
function once<Result>(find: () => Promise<Result>): () => Promise<Result> {
  let found: Promise<Result> | undefined;
  return () => {
    found ??= find().catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}
