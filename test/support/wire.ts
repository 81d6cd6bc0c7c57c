import { connect } from 'node:net';
import { LIMITS } from './limits.ts';

/** What came back, and nothing made of it. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body read as JSON; an empty object when it is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Puts bytes on the wire exactly as given, and reads one answer.
 * @param bytes a whole HTTP request; what stands in it is sent, down to the last header
 * @throws Error when the connection ends before a whole answer was there
 */
export function sendRaw(url: string, bytes: string | Buffer): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = Buffer.alloc(0);
    const finish = (end: boolean) => {
      const answer = parseAnswer(received, end);
      if (answer) resolve(answer);
      else if (end) reject(new Error(`no whole answer: ${received.toString('latin1')}`));
      else return;
      socket.destroy();
    };
    socket.setTimeout(LIMITS.answerMs, () => reject(new Error('no answer in time')));
    socket.on('error', () => finish(true));
    socket.on('close', () => finish(true));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      finish(false);
    });
    socket.write(bytes);
  });
}

function parseAnswer(received: Buffer, ended: boolean): Answer | null {
  const border = received.indexOf('\r\n\r\n');
  if (border < 0) return null;
  const [first = '', ...lines] = received.subarray(0, border).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = received.subarray(border + 4);
  const length = Number(headers['content-length'] ?? (ended ? body.length : Number.POSITIVE_INFINITY));
  if (body.length < length) return null;
  const text = body.subarray(0, length).toString('utf8');
  return { status: Number(first.split(' ')[1]), headers, text, body: readJson(text) };
}

export interface Call {
  readonly method?: string;
  /** The whole key, sent as Bearer; left out for none. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; everything else as it is. */
  readonly body?: object | string | URLSearchParams | FormData | Buffer;
}

/** One request with `fetch`: `POST` when there is a body, else `GET`. */
export async function call(url: string, path: string, options: Call = {}): Promise<Answer> {
  const { key, body } = options;
  const plain = body !== undefined && Object.getPrototypeOf(body) === Object.prototype;
  const response = await fetch(url + path, {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(plain && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    signal: AbortSignal.timeout(LIMITS.answerMs),
    ...(body !== undefined && { body: plain ? JSON.stringify(body) : (body as string) }),
  });
  const text = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), text, body: readJson(text) };
}

function readJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
