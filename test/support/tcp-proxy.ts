import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A message on its way through the proxy: a chunk, or a whole message when the proxy was told how to cut them. */
interface Passing {
  readonly from: 'client' | 'server';
  readonly bytes: Buffer;
  /** Counts the connections: both directions of one have the same. */
  readonly connection: number;
}

/**
 * What becomes of a message; `cut` also ends its connection, on both sides. `answer` goes back to the sender, and nothing
 * further; `instead` goes further in the message's place.
 */
export type Verdict = 'pass' | 'drop' | 'cut' | { readonly answer: Buffer } | { readonly instead: Buffer };
export type Gate = (passing: Passing) => Verdict | Promise<Verdict>;

/** A server in front of another one, to break the network between a client and it. */
export interface TcpProxy {
  readonly port: number;
  /** Everything goes through, and first what was held back: a network that heals delivers late. */
  pass(): void;
  /** Connections are reset, and new ones at once. */
  refuse(): void;
  /** Connections stay and are taken, and nothing moves on them: a lost network, or a host that hangs. */
  blackHole(): void;
  /** Ends every connection, once. */
  cut(): void;
  /** Asks about every message from now on; without a gate all pass. */
  intercept(gate: Gate | undefined): void;
  close(): Promise<void>;
}

/** @param split cuts one direction of a connection into messages: chunks in, whole messages out */
export async function startTcpProxy(
  target: { host: string; port: number },
  split: () => (chunk: Buffer) => Buffer[] = () => (chunk) => [chunk],
): Promise<TcpProxy> {
  const pairs = new Set<{ end(): void }>();
  let refusing = false;
  let gate: Gate | undefined;
  let connections = 0;
  let flow: Promise<void> = Promise.resolve();
  let openFlow: (() => void) | undefined;

  const join = (client: Socket) => {
    connections += 1;
    const connection = connections;
    const server = connect(target);
    const pair = {
      end() {
        pairs.delete(pair);
        client.destroy();
        server.destroy();
      },
    };
    pairs.add(pair);
    const pump = (from: Passing['from'], source: Socket, sink: Socket) => {
      const messages = split();
      let last: Promise<void> = Promise.resolve();
      // What arrives in a black hole waits, and so does the news that the sender has gone.
      const after = (act: () => Promise<void> | void) => {
        last = last.then(() => flow).then(act);
      };
      source.on('data', (chunk) => {
        for (const bytes of messages(chunk)) {
          after(async () => {
            if (sink.destroyed) return;
            const verdict = gate ? await gate({ from, bytes, connection }) : 'pass';
            if (verdict === 'cut') pair.end();
            else if (typeof verdict === 'object' && 'answer' in verdict) source.write(verdict.answer);
            else if (verdict !== 'drop' && !sink.destroyed) sink.write(verdict === 'pass' ? bytes : verdict.instead);
          });
        }
      });
      source.on('close', () =>
        after(() => {
          sink.end();
          pairs.delete(pair);
        }),
      );
      source.on('error', () => {});
      source.setNoDelay(true);
    };
    pump('client', client, server);
    pump('server', server, client);
  };

  const listener = createServer((client) => {
    if (!refusing) {
      join(client);
      return;
    }
    client.on('error', () => {});
    client.resetAndDestroy();
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', resolve);
  });

  const cut = () => {
    for (const pair of pairs) pair.end();
  };
  const unblock = () => {
    openFlow?.();
    openFlow = undefined;
  };
  return {
    port: (listener.address() as AddressInfo).port,
    pass() {
      refusing = false;
      unblock();
    },
    refuse() {
      refusing = true;
      cut();
      unblock();
    },
    blackHole() {
      refusing = false;
      if (openFlow) return;
      flow = new Promise((resolve) => {
        openFlow = resolve;
      });
    },
    cut,
    intercept(next) {
      gate = next;
    },
    async close() {
      refusing = true;
      gate = undefined;
      cut();
      unblock();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
