import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, ConnectionLost, PostgresError, type Queryable } from './postgres.ts';

/** A few connections, shared. */
export interface Pool extends Queryable {
  /** Runs something that needs one connection to itself. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** A connection outside the pool's count, for a transaction or a cursor; the caller closes it or gives it back. */
  take(): Promise<Connection>;
  giveBack(connection: Connection): void;
  close(): void;
}

/** How long a connection is tried again while PostgreSQL starts or recovers (57P03), in milliseconds. */
const RECOVERY = 10_000;

/**
 * @param max how many queries run at a time; more wait their turn. The busiest useful number is a small multiple of the
 *   processors, and each PostgreSQL backend costs tens of megabytes.
 */
export function createPool(open: () => Promise<Connection>, max: number): Pool {
  const idle: Connection[] = [];
  const waiting: ((connection: Connection | null) => void)[] = [];
  let busy = 0;
  let isClosed = false;

  const connect = async () => {
    const end = Date.now() + RECOVERY;
    for (;;) {
      try {
        return await open();
      } catch (error) {
        const recovers = error instanceof PostgresError && error.state === '57P03';
        if (!recovers || isClosed || Date.now() > end) throw error;
        await delay(50);
      }
    }
  };
  /** The most recently used idle connection, so that a light load warms few backends. */
  const pickIdle = () => {
    for (let connection = idle.pop(); connection; connection = idle.pop()) if (connection.isOpen) return connection;
    return null;
  };
  const acquire = async (): Promise<Connection> => {
    if (isClosed) throw new ConnectionLost('shutting down');
    if (busy >= max) {
      const handed = await new Promise<Connection | null>((resolve) => waiting.push(resolve));
      if (handed?.isOpen) return handed;
    } else busy += 1;
    try {
      return pickIdle() ?? (await connect());
    } catch (error) {
      release(null);
      throw error;
    }
  };
  const release = (connection: Connection | null) => {
    const next = waiting.shift();
    if (next) return next(connection);
    busy -= 1;
    keep(connection);
  };
  const keep = (connection: Connection | null) => {
    if (!connection?.isOpen) return;
    if (isClosed || idle.length >= max) connection.close();
    else idle.push(connection);
  };
  const use = async <T>(work: (connection: Connection) => Promise<T>) => {
    const connection = await acquire();
    try {
      return await work(connection);
    } finally {
      release(connection);
    }
  };
  return {
    use,
    query: (statement, parameters, limit) => use((connection) => connection.query(statement, parameters, limit)),
    take: async () => {
      if (isClosed) throw new ConnectionLost('shutting down');
      return pickIdle() ?? (await connect());
    },
    giveBack: keep,
    close: () => {
      isClosed = true;
      for (const connection of idle.splice(0)) connection.close();
      for (const resolve of waiting.splice(0)) resolve(null);
    },
  };
}
