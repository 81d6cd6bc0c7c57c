import { connect as connectSocket, type Socket } from 'node:net';

/**
 * A small PostgreSQL client (frontend/backend protocol 3.0, "Message Flow" in PostgreSQL's manual) for one purpose:
 * handing BSON through. All values travel in binary, results are slices of what the socket brought, statements are
 * prepared once a connection, and queries may be sent before the one before is answered.
 */

/** A statement, prepared on first use under a name of its own. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** A parameter: text goes as text, bytes as the type's binary form. */
export type Parameter = string | Buffer | null;

/** A row: each column in its type's binary form. */
export type Row = readonly (Buffer | null)[];

/** Something queries can be sent to. */
export interface Queryable {
  /** @param limit how long PostgreSQL may work on it, in milliseconds; 0 for as long as it takes. Then state 57014. */
  query(statement: Statement, parameters: readonly Parameter[], limit?: number): Promise<Row[]>;
}

export interface Connection extends Queryable {
  readonly isOpen: boolean;
  /** Runs statements that bring no rows, such as BEGIN. */
  run(sql: string): Promise<void>;
  /** Resolves when the connection has closed, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
}

/** What PostgreSQL refused: the SQLSTATE and its message. */
export class PostgresError extends Error {
  readonly state: string;
  readonly detail: string | undefined;
  constructor(state: string, message: string, detail?: string) {
    super(message);
    this.name = 'PostgresError';
    this.state = state;
    this.detail = detail;
  }
}

/** The connection is gone; whether the query was carried out is unknown. */
export class ConnectionLost extends Error {
  constructor(reason: string) {
    super(`the connection to PostgreSQL is lost: ${reason}`);
    this.name = 'ConnectionLost';
  }
}

interface Pending {
  readonly rows: Row[];
  readonly prepares: string | null;
  error: PostgresError | null;
  resolve(rows: Row[]): void;
  reject(error: Error): void;
}

const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4]);
const NO_ROWS: Row[] = [];

/**
 * Opens a connection on a Unix socket, with trust as its authentication.
 *
 * @throws PostgresError when the server refuses (57P03 while it starts), ConnectionLost when nobody listens.
 */
export async function connectPostgres(options: {
  socket: string;
  user: string;
  database: string;
  settings?: Readonly<Record<string, string>>;
}): Promise<Connection> {
  const socket = connectSocket(options.socket);
  const prepared = new Set<string>();
  const pending: Pending[] = [];
  let head = 0;
  let isOpen = true;
  let reason = 'closed';
  const expect = (prepares: string | null) =>
    new Promise<Row[]>((resolve, reject) => pending.push({ rows: [], prepares, error: null, resolve, reject }));

  const onMessage = (type: number, body: Buffer) => {
    const current = pending[head];
    switch (type) {
      case 0x44: // DataRow
        current?.rows.push(readRow(body));
        break;
      case 0x31: // ParseComplete
        if (current?.prepares) prepared.add(current.prepares);
        break;
      case 0x45: // ErrorResponse
        if (current) current.error ??= readError(body);
        else reason = readError(body).message;
        break;
      case 0x52: // Authentication: only "ok" (0) is expected under trust
        if (body.readInt32BE(0) !== 0) socket.destroy(new Error('it asks for a password'));
        break;
      case 0x5a: // ReadyForQuery
        if (!current) break;
        pending[head] = undefined as unknown as Pending;
        head += 1;
        if (head === pending.length) {
          pending.length = 0;
          head = 0;
        }
        if (current.error) current.reject(current.error);
        else current.resolve(current.rows.length === 0 ? NO_ROWS : current.rows);
        break;
    }
  };
  socket.on('data', splitMessages(onMessage));
  socket.on('error', (error) => {
    reason = error.message;
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isOpen = false;
      for (const waiting of pending.splice(head)) waiting.reject(waiting.error ?? new ConnectionLost(reason));
      resolve();
    });
  });
  const started = expect(null);
  socket.write(startup({ user: options.user, database: options.database, ...options.settings }));
  await started;
  const run = async (sql: string) => {
    if (!isOpen) throw new ConnectionLost(reason);
    const answer = expect(null);
    socket.write(message(0x51, `${sql}\0`));
    await answer;
  };
  const query = (statement: Statement, parameters: readonly Parameter[]) => {
    if (!isOpen) return Promise.reject(new ConnectionLost(reason));
    const isNew = !prepared.has(statement.name);
    const answer = expect(isNew ? statement.name : null);
    send(socket, isNew ? parse(statement) : null, statement.name, parameters);
    return answer;
  };
  return {
    get isOpen() {
      return isOpen;
    },
    closed,
    run,
    query: (statement, parameters, limit = 0) => {
      if (limit === 0) return query(statement, parameters);
      // All three are sent at once and answered in order. In a transaction that fails, ROLLBACK undoes the setting.
      run(`SET statement_timeout = ${limit}`).catch(() => {});
      const answer = query(statement, parameters);
      run('SET statement_timeout = 0').catch(() => {});
      return answer;
    },
    close: () => {
      if (isOpen) socket.end(TERMINATE);
    },
  };
}

/** Cuts a stream of chunks into messages. A message inside one chunk is handed on without a copy. */
function splitMessages(onMessage: (type: number, body: Buffer) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let have = 0;
  let need = 5;
  return (chunk) => {
    parts.push(chunk);
    have += chunk.length;
    if (have < need) return;
    let buffer = parts.length === 1 ? chunk : Buffer.concat(parts);
    let at = 0;
    need = 5;
    while (buffer.length - at >= 5) {
      const length = buffer.readUInt32BE(at + 1) + 1;
      if (buffer.length - at < length) {
        need = length;
        break;
      }
      onMessage(buffer[at] ?? 0, buffer.subarray(at + 5, at + length));
      at += length;
    }
    buffer = buffer.subarray(at);
    parts = buffer.length > 0 ? [buffer] : [];
    have = buffer.length;
  };
}

function readRow(body: Buffer): Row {
  const row: (Buffer | null)[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left -= 1) {
    const length = body.readInt32BE(at);
    at += 4;
    if (length < 0) row.push(null);
    else {
      row.push(body.subarray(at, at + length));
      at += length;
    }
  }
  return row;
}

function readError(body: Buffer): PostgresError {
  const fields = new Map<string, string>();
  for (const field of body.toString('utf8').split('\0')) if (field) fields.set(field.slice(0, 1), field.slice(1));
  return new PostgresError(fields.get('C') ?? 'XX000', fields.get('M') ?? 'unknown error', fields.get('D'));
}

function message(type: number, text: string): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(5 + length);
  bytes[0] = type;
  bytes.writeInt32BE(4 + length, 1);
  bytes.write(text, 5);
  return bytes;
}

function startup(settings: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(settings)
    .map(([name, value]) => `${name}\0${value}\0`)
    .join('');
  const length = 9 + Buffer.byteLength(text);
  const bytes = Buffer.alloc(length);
  bytes.writeInt32BE(length, 0);
  bytes.writeInt32BE(196_608, 4);
  bytes.write(text, 8);
  return bytes;
}

function parse(statement: Statement): Buffer {
  return message(0x50, `${statement.name}\0${statement.text}\0\0\0`);
}

/** Parse where needed, Bind, Execute and Sync, with as few copies and writes as the sizes allow. */
function send(socket: Socket, parsing: Buffer | null, name: string, parameters: readonly Parameter[]): void {
  const nameLength = Buffer.byteLength(name);
  let size = 5 + 1 + nameLength + 1 + 2 + 2 * parameters.length + 2 + 4 * parameters.length + 4;
  for (const value of parameters) if (value !== null) size += Buffer.byteLength(value);
  const bytes = Buffer.allocUnsafe((parsing?.length ?? 0) + size + 10 + SYNC.length);
  let at = parsing ? parsing.copy(bytes) : 0;
  bytes[at++] = 0x42;
  at = bytes.writeInt32BE(size - 1, at);
  bytes[at++] = 0;
  at += bytes.write(name, at, 'latin1');
  bytes[at++] = 0;
  at = bytes.writeInt16BE(parameters.length, at);
  for (const value of parameters) at = bytes.writeInt16BE(typeof value === 'string' ? 0 : 1, at);
  at = bytes.writeInt16BE(parameters.length, at);
  for (const value of parameters) {
    if (value === null) at = bytes.writeInt32BE(-1, at);
    else if (typeof value === 'string') {
      const length = bytes.write(value, at + 4);
      at = bytes.writeInt32BE(length, at) + length;
    } else {
      at = bytes.writeInt32BE(value.length, at);
      at += value.copy(bytes, at);
    }
  }
  at = bytes.writeInt16BE(1, at);
  at = bytes.writeInt16BE(1, at);
  bytes[at++] = 0x45;
  at = bytes.writeInt32BE(9, at);
  bytes[at++] = 0;
  at = bytes.writeInt32BE(0, at);
  SYNC.copy(bytes, at);
  socket.write(bytes);
}
