import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** Status of what the HTTP parser refuses: it reaches no route, and Node would answer without a body. */
const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const errorText = (status: number): string =>
  JSON.stringify({ error: { code: status, msg: STATUS_CODES[status] ?? 'Bad Request' } });

/** A server with the limits of the API that answers in JSON also when no route is reached. It does not listen yet. */
export function createApiServer(app: RequestListener): Server {
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
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || hasBegunToAnswer(socket as Socket)) {
      socket.destroy();
      return;
    }
    const status = STATUS_OF[error.code ?? ''] ?? 400;
    const text = errorText(status);
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
    );
  });
  server.on('checkExpectation', (_request, response) => {
    const text = errorText(417);
    response.writeHead(417, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': text.length,
      Connection: 'close',
    });
    response.end(text);
  });
  return server;
}

/** Never write an error after a response has begun: the client would read both as one. */
function hasBegunToAnswer(socket: Socket & { _httpMessage?: { headersSent?: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}
