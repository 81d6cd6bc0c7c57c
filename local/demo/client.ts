import { becomesTrue } from '../process.ts';
import { expectThat } from './expect.ts';

/** One request of the demo. */
export interface DemoRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From the first slash on, query included. */
  readonly path: string;
  readonly body?: object;
  /** How the key is sent; as Bearer unless given. */
  readonly auth?: 'bearer' | 'basic';
}

export interface DemoAnswer {
  readonly status: number;
  readonly text: string;
  /** The body read as JSON; an empty object when it is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends requests, and shows each one as a line to paste with its answer below. */
export interface DemoClient {
  /** @throws DemoFailure when the answer's status is not the one given */
  send(request: DemoRequest, status: number): Promise<DemoAnswer>;
  /** Repeats a request until its answer is done; only the last one is shown. @throws DemoFailure when it takes too long */
  sendUntil(request: DemoRequest, isDone: (answer: DemoAnswer) => boolean): Promise<DemoAnswer>;
}

const PATIENCE_MS = 120_000;
const LONGEST_SHOWN = 300;

/**
 * A request as a line for a shell in which KEY holds the key.
 * @param base the API's address, or `$API`
 */
export function toCurl(base: string, { method, path, body, auth }: DemoRequest): string {
  const key = auth === 'basic' ? '-u "$(echo $KEY | tr . :)"' : '-H "Authorization: Bearer $KEY"';
  const data = body === undefined ? '' : ` -d '${JSON.stringify(body)}'`;
  return `curl -sw '\\n'${method === 'GET' ? '' : ` -X ${method}`} "${base}${path}" ${key}${data}`;
}

export function createClient(apiUrl: string, key: string, print: (line: string) => void): DemoClient {
  const ask = async (request: DemoRequest): Promise<DemoAnswer> => {
    const basic = Buffer.from(key.replace('.', ':')).toString('base64');
    const response = await fetch(apiUrl + request.path, {
      method: request.method,
      headers: { Authorization: request.auth === 'basic' ? `Basic ${basic}` : `Bearer ${key}` },
      ...(request.body && { body: JSON.stringify(request.body) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: readJson(text) };
  };
  const show = (request: DemoRequest, { status, text }: DemoAnswer) => {
    print(`\n$ ${toCurl('$API', request)}`);
    print(`${status} ${shorten(text, LONGEST_SHOWN)}`.trimEnd());
  };
  return {
    async send(request, status) {
      const answer = await ask(request);
      show(request, answer);
      expectThat(answer.status === status, `${request.method} answered ${answer.status} instead of ${status}`);
      return answer;
    },
    async sendUntil(request, isDone) {
      let answer = await ask(request);
      const done = await becomesTrue(async () => {
        if (isDone(answer)) return true;
        answer = await ask(request);
        return false;
      }, PATIENCE_MS);
      show(request, answer);
      expectThat(done, `it was not done within ${PATIENCE_MS / 1000} seconds`);
      return answer;
    },
  };
}

/** The first line, cut where it gets too long to read. */
export function shorten(text: string, most: number): string {
  const [line = ''] = text.split('\n');
  return line.length > most ? `${line.slice(0, most)} …` : line;
}

function readJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
