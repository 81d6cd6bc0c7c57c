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

/** The secret of the session that a browser sends; undefined without one. */
export const readSessionCookie = (request: Request) => readCookie(request, isSecure(request) ? NAME : LOOPBACK_NAME);

/** The cookie of this name. One that stands there twice counts as none. */
function readCookie(request: Request, name: string): string | undefined {
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

const pendingName = (request: Request) => `${isSecure(request) ? NAME : LOOPBACK_NAME}-oidc`;

/** What a sign-in that was begun here has to bring back, sealed; undefined without one. */
export const readPendingCookie = (request: Request) => readCookie(request, pendingName(request));

/** SameSite=Lax: it comes back with a redirect that begins at the provider. */
export function setPendingCookie(request: Request, response: Response, sealed: string, maxAge: number): void {
  response.cookie(pendingName(request), sealed, { ...OPTIONS, sameSite: 'lax', secure: isSecure(request), maxAge });
}

export function clearPendingCookie(request: Request, response: Response): void {
  response.clearCookie(pendingName(request), { ...OPTIONS, sameSite: 'lax', secure: isSecure(request) });
}
