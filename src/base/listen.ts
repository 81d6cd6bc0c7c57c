import type { Server } from 'node:http';
import { ConfigError } from './config.ts';

const ADDRESS_FAULTS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL', 'EAFNOSUPPORT']);

/**
 * Has a server listen.
 * @param portVariable the variable that `port` comes from
 * @throws ConfigError that names HOST or that variable when the address is none of this host's or the port is not free
 */
export function listen(
  server: Server,
  host: string,
  port: number,
  portVariable: 'PORT' | 'WORKER_PORT',
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(describe(error, port, portVariable));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

/** Node's message repeats the value, and names no variable. */
function describe(error: NodeJS.ErrnoException, port: number, variable: string): Error {
  const { code = '' } = error;
  if (ADDRESS_FAULTS.has(code)) return new ConfigError(`HOST must be an address of this host, or its name (${code})`);
  if (code === 'EADDRINUSE') return new ConfigError(`${variable}: another process listens on ${port}`);
  if (code === 'EACCES') return new ConfigError(`${variable}: listening on ${port} is not allowed`);
  return error;
}
