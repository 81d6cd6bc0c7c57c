import { readRequest, readString, splitMessages } from '../../local/documentdb/gateway/wire.ts';
import type { TestProcess } from './processes.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A proxy that lets MongoDB messages through whole, one at a time. */
export interface MongoProxy extends TcpProxy {
  /** The engine's own URI, led through the proxy. */
  readonly uri: string;
}

/** Puts a proxy in front of the first server of a URI. The driver stays on it: `directConnection`. */
export async function startMongoProxy(uri: string): Promise<MongoProxy> {
  const [, login = '', host = '', , path = '', query = ''] =
    /^mongodb:\/\/([^@/]*@)?([^,/?]+)(,[^/?]*)?(\/[^?]*)?\??(.*)$/.exec(uri) ?? [];
  const server = new URL(`tcp://${host}`);
  const proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port || 27017) }, splitWire);
  const options = new URLSearchParams(query);
  options.delete('replicaSet');
  options.set('directConnection', 'true');
  return { ...proxy, uri: `mongodb://${login}127.0.0.1:${proxy.port}${path || '/'}?${options}` };
}

function splitWire(): (chunk: Buffer) => Buffer[] {
  let whole: Buffer[] = [];
  const split = splitMessages((message) => whole.push(message));
  return (chunk) => {
    whole = [];
    split(chunk);
    return whole;
  };
}

/** What a message to the server asks for. */
export interface WireCommand {
  readonly id: number;
  /** `find`, `update`, `commitTransaction`, … */
  readonly name: string;
  /** The collection, for commands that have one. */
  readonly collection: string | undefined;
  readonly inTransaction: boolean;
  /** Does the message hold this text, as a field's name or as a value? */
  holds(text: string): boolean;
}

/** Reads a message of a client; null when it is of an old form, as the greeting may be. */
export function readWireCommand(bytes: Buffer): WireCommand | null {
  const request = readRequest(bytes);
  if (!request || request.isLegacy) return null;
  const { command } = request;
  return {
    id: request.id,
    name: command.name,
    collection: readString(command, command.name),
    inTransaction: command.fields.has('autocommit'),
    holds: (text) => bytes.includes(text),
  };
}

/** The id of the message that a server's message answers (MongoDB's wire protocol: the header's third integer). */
export function answeredId(bytes: Buffer): number {
  return bytes.readInt32LE(8);
}

/** Kills a process at the n-th command of a kind: before the server has it, or after the server has answered it. */
export function killAt(
  proxy: TcpProxy,
  at: (command: WireCommand) => boolean,
  nth: number,
  side: 'before' | 'after',
): { victim(process: TestProcess): void } {
  let victim: TestProcess | undefined;
  let seen = 0;
  let awaited: number | undefined;
  proxy.intercept(({ from, bytes }) => {
    if (from === 'client') {
      const command = readWireCommand(bytes);
      if (!command || !at(command)) return 'pass';
      seen += 1;
      if (seen !== nth) return 'pass';
      if (side === 'after') {
        awaited = command.id;
        return 'pass';
      }
    } else if (answeredId(bytes) !== awaited) return 'pass';
    victim?.signal('SIGKILL');
    return 'cut';
  });
  return {
    victim(process) {
      victim = process;
    },
  };
}
