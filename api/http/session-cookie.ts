import type { CookieOptions, Request, Response } from 'express';

/** With this prefix a browser takes the cookie over TLS only, for this host alone (RFC 6265bis, section 4.1.3.2). */
const NAME = '__Host-lethe';
/** On loopback there is no TLS, and nobody between browser and API. */
const LOOPBACK_NAME = 'lethe';

const OPTIONS = { httpOnly: true, sameSite: 'strict', path: '/' } as const satisfies CookieOptions;

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '::1', '[::1]'];
const LOOPBACK_ADDRESS = /^(::ffff:)?127\.|^::1$/;

/** Is the page on this very machine, without TLS? */
function isLoopback(request: Request): boolean {
  return (
    !request.secure &&
    LOOPBACK_HOSTS.includes(request.hostname ?? '') &&
    LOOPBACK_ADDRESS.test(request.socket.remoteAddress ?? '')
  );
}

const isSecure = (request: Request) => !isLoopback(request);

/** The secret of the session that a browser sends; undefined without one. A name that stands there twice counts as none. */
export function readSessionCookie(request: Request): string | undefined {
  const name = isSecure(request) ? NAME : LOOPBACK_NAME;
  const values = (request.headers.cookie ?? '').split(';').flatMap((pair) => {
    const [key = '', value = ''] = pair.split('=', 2);
    return key.trim() === name ? [value.trim()] : [];
  });
  return values.length === 1 ? values[0] : undefined;
}

/** Without a date: the browser forgets it when it is closed. */
export function setSessionCookie(request: Request, response: Response, secret: string): void {
  const secure = isSecure(request);
  response.cookie(secure ? NAME : LOOPBACK_NAME, secret, { ...OPTIONS, secure });
}

export function clearSessionCookie(request: Request, response: Response): void {
  const secure = isSecure(request);
  response.clearCookie(secure ? NAME : LOOPBACK_NAME, { ...OPTIONS, secure });
}
