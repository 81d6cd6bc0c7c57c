import { createServer, type Server } from 'node:http';
import { listen } from '../src/base/listen.ts';

export interface HealthSources {
  /** Is the worker taking jobs? */
  readonly isRunning: () => boolean;
  /** The text for Prometheus. */
  readonly metrics: () => Promise<string>;
  readonly metricsType: string;
}

/**
 * The worker's own port, for orchestrators and Prometheus: `/healthz` and `/metrics`.
 * @param port 0: no server
 */
export async function serveHealth(
  sources: HealthSources,
  host: string,
  port: number,
): Promise<{ close(): Promise<void> }> {
  if (port === 0) return { close: async () => {} };
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, text: string) =>
      response.writeHead(status, { 'Content-Type': type }).end(text);
    if (request.url === '/healthz') {
      const running = sources.isRunning();
      answer(running ? 200 : 503, 'application/json', JSON.stringify({ status: running ? 'ok' : 'not running' }));
    } else if (request.url === '/metrics') {
      sources.metrics().then(
        (text) => answer(200, sources.metricsType, text),
        () => answer(500, 'text/plain', 'no metrics'),
      );
    } else answer(404, 'text/plain', 'not found');
  });
  await listen(server, host, port, 'WORKER_PORT');
  return { close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
