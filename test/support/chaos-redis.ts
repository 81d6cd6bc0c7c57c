import { connect } from 'node:net';
import { startRedis } from '../../local/services.ts';
import { waitFor } from './wait-for.ts';

/** A Redis that belongs to one scene and may be killed. */
export interface OwnRedis {
  readonly url: string;
  /** SIGKILL: connections break, new ones are refused, everything in it is lost. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay, and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder for its files; not kept from one start to the next */
export async function startOwnRedis(folder: string): Promise<OwnRedis> {
  const start = (port?: number) =>
    startRedis({ dataDir: folder, durable: false, print: () => {}, ...(port !== undefined && { port }) });
  let service = await start();
  let frozen = false;
  const signal = (name: NodeJS.Signals) => {
    for (const pid of service.pids) process.kill(pid, name);
  };
  return {
    url: service.url,
    async kill() {
      signal('SIGKILL');
      await waitFor('Redis to be gone', async () => !(await isListening(service.port)));
    },
    freeze() {
      frozen = true;
      signal('SIGSTOP');
    },
    thaw() {
      frozen = false;
      signal('SIGCONT');
    },
    async restart() {
      await service.stop();
      service = await start(service.port);
    },
    async stop() {
      // A stopped process takes no signal to end.
      if (frozen) signal('SIGCONT');
      await service.stop();
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
