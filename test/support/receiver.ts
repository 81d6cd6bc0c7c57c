import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from './wait-for.ts';

/** A message as it came. */
export interface Received {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly path: string;
  readonly body: string;
  readonly message: { type: string; data: Record<string, unknown> };
}

/** A server of a platform's that is told what happens. */
export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  /** What it answers from now on; null: nothing, the connection stays open. */
  answer(status: number | null, headers?: Record<string, string>): void;
  /** Waits for messages that have come so far under this condition. */
  until(what: string, holds: (received: Received[]) => boolean): Promise<Received[]>;
  close(): Promise<void>;
}

/** Starts a receiver on a free port of this host. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let next: { status: number | null; headers: Record<string, string> } = { status: 204, headers: {} };
  const server = createServer((request, response) => {
    read(request).then((body) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const message = parse(body);
      received.push({ id: headers['webhook-id'] ?? '', headers, path: request.url ?? '', body, message });
      if (next.status !== null) response.writeHead(next.status, next.headers).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    answer(status, headers = {}) {
      next = { status, headers };
    },
    until: (what, holds) => waitFor(what, () => holds(received) && received),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

function parse(body: string): Received['message'] {
  try {
    return JSON.parse(body);
  } catch {
    return { type: 'none', data: {} };
  }
}
