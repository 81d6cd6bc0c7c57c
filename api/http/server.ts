import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../../src/base/log.ts';
import { commonHeaders } from './access-log.ts';

/** Status of what the HTTP parser refuses: it reaches no route, and Node would answer without a body. */
const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const errorText = (status: number): string =>
  JSON.stringify({ error: { code: status, msg: STATUS_CODES[status] ?? 'Bad Request' } });

/** The headers of every answer, for one that no route makes. */
const answerHeaders = (text: string) => ({
  'Content-Type': 'application/json; charset=utf-8',
  'Content-Length': String(Buffer.byteLength(text)),
  Connection: 'close',
  ...commonHeaders(randomUUID()),
});

/** A connection on which nothing moves for so long is cut: a reader that never reads holds an answer in memory. */
const STALL_MS = 120_000;

/** A server with the limits of the API that answers in JSON also when no route is reached. It does not listen yet. */
export function createApiServer(app: RequestListener, logger?: Logger): Server {
  const server = createServer(
    // Requests without a host are served: nothing depends on it.
    // Idle connections are kept longer than clients and balancers keep theirs: otherwise a request meets a closing one.
    {
      keepAliveTimeout: 75_000,
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      maxHeaderSize: 16_384,
      requireHostHeader: false,
    },
    app,
  );
  server.setTimeout(STALL_MS);
  const log = (status: number, headers: { readonly 'X-Request-Id': string }, error: string) =>
    logger?.info('http', { request_id: headers['X-Request-Id'], route: 'none', status, error });
  // Written by the route that reads the body: a request that is refused is refused before its body comes.
  server.on('checkContinue', app);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || hasBegunToAnswer(socket as Socket)) {
      socket.destroy();
      return;
    }
    const status = STATUS_OF[error.code ?? ''] ?? 400;
    const text = errorText(status);
    const headers = answerHeaders(text);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`);
    log(status, headers, 'unreadable');
  });
  server.on('checkExpectation', (_request, response) => {
    const text = errorText(417);
    const headers = answerHeaders(text);
    response.writeHead(417, headers).end(text);
    log(417, headers, 'expectation');
  });
  return server;
}

/** Never write an error after a response has begun: the client would read both as one. */
function hasBegunToAnswer(socket: Socket & { _httpMessage?: { headersSent?: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}
