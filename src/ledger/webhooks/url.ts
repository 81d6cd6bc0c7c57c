import { isIP } from 'node:net';
import { isPublic, isWithin, type Networks } from '../../base/outgoing/addresses.ts';

const LONGEST = 2_000;

/**
 * Looks at what can be seen of a webhook's address before its name is resolved; the rest is looked at whenever something is
 * sent.
 * @param allowed networks of one's own that may be reached; while there are any, an address without TLS may be in one
 * @returns what is wrong with it, as the end of a sentence that begins with its name; undefined: nothing
 */
export function faultOfUrl(text: string, allowed: Networks): string | undefined {
  if (text.length > LONGEST) return `must have ${LONGEST} characters at most`;
  if (!URL.canParse(text)) return 'must be a URL';
  const { protocol, hostname, username, password, hash } = new URL(text);
  const isPlain = protocol === 'http:' && allowed.rules.length > 0;
  if (protocol !== 'https:' && !isPlain) return 'must begin with https://';
  if (username !== '' || password !== '') return 'must hold no user and no password';
  if (hash !== '') return 'must have no fragment';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0 && !isPublic(host) && !isWithin(allowed, host))
    return 'must not be an address of an inner network';
  return undefined;
}
