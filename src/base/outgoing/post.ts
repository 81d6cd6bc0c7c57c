import { lookup as resolveName } from 'node:dns/promises';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublic, isWithin, type Networks } from './addresses.ts';

/** What is sent to a place that somebody outside has named. */
export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a post may reach, and how long it may take. */
export interface OutgoingRules {
  /** Networks of one's own that may be reached, also without TLS. */
  readonly allowed: Networks;
  /** For all of it: looking up the name, connecting, sending, the answer's head. */
  readonly timeoutMs: number;
  /** Looks up a name. */
  readonly resolve?: (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;
}

/** Why there is no answer, in a word. */
type PostFault = 'address_refused' | 'not_https' | 'name_not_found' | 'timeout' | 'tls' | 'unreachable';
export type PostOutcome = { readonly status: number } | { readonly fault: PostFault };

/** An address that must not be reached. */
class Refused extends Error {
  readonly fault: PostFault;
  constructor(fault: PostFault) {
    super(fault);
    this.fault = fault;
  }
}

/**
 * Posts to a place that somebody outside has named. The address is looked at after its name was resolved, and it is that
 * address that is connected to: a name that means another one the next moment leads nowhere. Redirects are not followed,
 * and the answer's body is not read.
 * @returns the status, or why there is none; never throws
 */
export async function postOutside(outgoing: Outgoing, rules: OutgoingRules, signal: AbortSignal): Promise<PostOutcome> {
  const late = AbortSignal.timeout(rules.timeoutMs);
  try {
    return { status: await post(outgoing, rules, AbortSignal.any([signal, late])) };
  } catch (error) {
    if (late.aborted) return { fault: 'timeout' };
    return { fault: faultOf(error) };
  }
}

async function post(
  { url, headers, body }: Outgoing,
  { allowed, resolve = resolveAll }: OutgoingRules,
  signal: AbortSignal,
): Promise<number> {
  const target = new URL(url);
  const isPlain = target.protocol === 'http:';
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
  const check = (address: string) => {
    if (isWithin(allowed, address)) return;
    if (!isPublic(address)) throw new Refused('address_refused');
    if (isPlain) throw new Refused('not_https');
  };
  // Looked up here, once, and not by the connection: it takes what it is given.
  const addresses = isIP(host) ? [{ address: host, family: isIP(host) }] : await untilAborted(resolve(host), signal);
  if (addresses.length === 0) throw new Refused('name_not_found');
  for (const { address } of addresses) check(address);
  const send = isPlain ? requestPlain : requestTls;
  return new Promise((done, fail) => {
    const request = send(
      target,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: false,
        lookup: give(addresses),
        signal,
      },
      (response) => {
        done(response.statusCode ?? 0);
        response.destroy();
      },
    );
    request.on('error', fail);
    request.end(body);
  });
}

const resolveAll = (host: string) => resolveName(host, { all: true, verbatim: true });

/** A look-up that takes too long is left behind. */
function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('aborted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** A look-up that answers what is known. */
function give(addresses: readonly { readonly address: string; readonly family: number }[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}

const NOT_FOUND = ['ENOTFOUND', 'EAI_AGAIN', 'ENODATA', 'EAI_NONAME'];

function faultOf(error: unknown): PostFault {
  if (error instanceof Refused) return error.fault;
  const code = String((error as NodeJS.ErrnoException | null)?.code ?? '');
  if (NOT_FOUND.includes(code)) return 'name_not_found';
  return /CERT|SSL|TLS|SIGNATURE|EPROTO/.test(code) ? 'tls' : 'unreachable';
}
