/** Beside a number's token: a request for its late records is another than one for all of them. */
const LATE = '<late';

/** What makes two requests for a number's late records the same. */
export function lateToken(token: string): string {
  return token + LATE;
}

/** The token that stands for the number alone. */
export function plainToken(token: string): string {
  return token.endsWith(LATE) ? token.slice(0, -LATE.length) : token;
}
