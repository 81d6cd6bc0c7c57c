import { BSON } from 'bson';

/** The largest message a server takes (`maxMessageSizeBytes` in MongoDB's hello), in bytes. */
export const MAX_MESSAGE = 48_000_000;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;

/** A command as it came: its bytes, and where its top-level fields lie in them. */
export interface Command {
  /** The first field's name, such as `find`. */
  readonly name: string;
  readonly body: Buffer;
  /** The documents of a section of kind 1, one after the other: what an insert inserts, an update updates. */
  readonly sequence: Buffer | null;
  readonly fields: ReadonlyMap<string, Field>;
  readonly database: string;
}

/** A top-level field: its BSON type, and its value's place in the body. */
interface Field {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

export interface Request {
  readonly id: number;
  readonly command: Command;
  /** False when the sender wants no answer. */
  readonly wantsReply: boolean;
  readonly isLegacy: boolean;
}

/** What a command answers: BSON as the engine wrote it, or an object still to be written. */
export type Reply = Buffer | Record<string, unknown>;

/**
 * Cuts what a socket brings into messages (MongoDB's wire protocol: each begins with its own length, little-endian).
 *
 * @throws RangeError from the returned function when a length cannot be one; the connection is then of no more use.
 */
export function splitMessages(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let have = 0;
  let need = 16;
  return (chunk) => {
    parts.push(chunk);
    have += chunk.length;
    if (have < need) return;
    const buffer = parts.length === 1 ? chunk : Buffer.concat(parts);
    let at = 0;
    need = 16;
    while (buffer.length - at >= 16) {
      const length = buffer.readInt32LE(at);
      if (length < 16 || length > MAX_MESSAGE + 16_384) throw new RangeError('not a message');
      if (buffer.length - at < length) {
        need = length;
        break;
      }
      onMessage(buffer.subarray(at, at + length));
      at += length;
    }
    parts = at < buffer.length ? [buffer.subarray(at)] : [];
    have = buffer.length - at;
  };
}

/** Reads a message. Null for an operation that no driver of the last ten years sends. */
export function readRequest(message: Buffer): Request | null {
  const id = message.readInt32LE(4);
  const operation = message.readInt32LE(12);
  if (operation === OP_QUERY) {
    // Drivers still greet with it: flags, a collection name, two numbers, then the document.
    const start = message.indexOf(0, 20) + 9;
    const body = message.subarray(start, start + message.readInt32LE(start));
    return { id, command: readCommand(body, null), wantsReply: true, isLegacy: true };
  }
  if (operation !== OP_MSG) return null;
  const flags = message.readUInt32LE(16);
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  let body: Buffer | null = null;
  let sequence: Buffer | null = null;
  for (let at = 20; at < end; ) {
    const kind = message[at];
    const length = message.readInt32LE(at + 1);
    if (kind === 0) body = message.subarray(at + 1, at + 1 + length);
    else sequence = message.subarray(message.indexOf(0, at + 5) + 1, at + 1 + length);
    at += 1 + length;
  }
  if (body === null) return null;
  return { id, command: readCommand(body, sequence), wantsReply: (flags & MORE_TO_COME) === 0, isLegacy: false };
}

/** Finds a command's top-level fields without decoding their values. */
export function readCommand(body: Buffer, sequence: Buffer | null): Command {
  const fields = new Map<string, Field>();
  let name = '';
  const end = body.readInt32LE(0) - 1;
  for (let at = 4; at < end; ) {
    const type = body[at] ?? 0;
    const zero = body.indexOf(0, at + 1);
    const key = body.toString('latin1', at + 1, zero);
    const start = zero + 1;
    at = start + sizeOf(type, body, start);
    if (name === '') name = key;
    fields.set(key, { type, start, end: at });
  }
  const database = fields.get('$db');
  return {
    name,
    body,
    sequence,
    fields,
    database: database ? body.toString('utf8', database.start + 4, database.end - 1) : '',
  };
}

/** The size of a BSON value in bytes (bsonspec.org, version 1.1). */
function sizeOf(type: number, bytes: Buffer, at: number): number {
  switch (type) {
    case 0x01: // double
    case 0x09: // date
    case 0x11: // timestamp
    case 0x12: // int64
      return 8;
    case 0x02: // string
    case 0x0d: // code
    case 0x0e: // symbol
      return 4 + bytes.readInt32LE(at);
    case 0x03: // document
    case 0x04: // array
    case 0x0f: // code with scope
      return bytes.readInt32LE(at);
    case 0x05: // binary
      return 5 + bytes.readInt32LE(at);
    case 0x07: // object id
      return 12;
    case 0x08: // boolean
      return 1;
    case 0x0b: // regular expression: two C strings
      return bytes.indexOf(0, bytes.indexOf(0, at) + 1) + 1 - at;
    case 0x0c: // pointer
      return 4 + bytes.readInt32LE(at) + 12;
    case 0x10: // int32
      return 4;
    case 0x13: // decimal128
      return 16;
    case 0x06: // undefined
    case 0x0a: // null
    case 0xff: // min key
    case 0x7f: // max key
      return 0;
    default:
      throw new RangeError(`unknown BSON type ${type}`);
  }
}

/** A top-level field's value when it is a string; undefined otherwise. */
export function readString(command: Command, name: string): string | undefined {
  const field = command.fields.get(name);
  return field?.type === 0x02 ? command.body.toString('utf8', field.start + 4, field.end - 1) : undefined;
}

/** A top-level field's value when it is a number of any kind but decimal; undefined otherwise. */
export function readNumber(command: Command, name: string): bigint | number | undefined {
  const field = command.fields.get(name);
  switch (field?.type) {
    case 0x01:
      return command.body.readDoubleLE(field.start);
    case 0x10:
      return command.body.readInt32LE(field.start);
    case 0x12:
      return command.body.readBigInt64LE(field.start);
    default:
      return undefined;
  }
}

/** A top-level field's value when it is a boolean; undefined otherwise. */
export function readBoolean(command: Command, name: string): boolean | undefined {
  const field = command.fields.get(name);
  return field?.type === 0x08 ? command.body[field.start] !== 0 : undefined;
}

/** The bytes of a top-level field's value; undefined when there is none. */
export function readBytes(command: Command, name: string): Buffer | undefined {
  const field = command.fields.get(name);
  return field && command.body.subarray(field.start, field.end);
}

/** How many documents lie one after the other, or in a BSON array, at most `limit`. */
export function countDocuments(command: Command, arrayName: string, limit: number): number {
  let count = 0;
  if (command.sequence) {
    for (let at = 0; at < command.sequence.length && count < limit; count += 1) at += command.sequence.readInt32LE(at);
    return count;
  }
  const array = readBytes(command, arrayName);
  if (!array) return 0;
  for (let at = 4; at < array.length - 1 && count < limit; count += 1) {
    at = array.indexOf(0, at + 1) + 1;
    at += array.readInt32LE(at);
  }
  return count;
}

/** A copy of a BSON document with one more field at its end, a 64-bit number. */
export function appendLong(document: Buffer, name: string, value: bigint): Buffer {
  const field = Buffer.alloc(1 + name.length + 1 + 8);
  field[0] = 0x12;
  field.write(name, 1, 'latin1');
  field.writeBigInt64LE(value, name.length + 2);
  const longer = Buffer.concat([document.subarray(0, -1), field, Buffer.of(0)]);
  longer.writeInt32LE(longer.length, 0);
  return longer;
}

/** Writes the answer to a request: one buffer, or two when the engine's bytes are passed on as they are. */
export function writeReply(request: Request, requestId: number, reply: Reply): Buffer[] {
  const document = Buffer.isBuffer(reply) ? reply : Buffer.from(BSON.serialize(reply));
  const size = request.isLegacy ? 36 : 21;
  const header = Buffer.alloc(size);
  header.writeInt32LE(size + document.length, 0);
  header.writeInt32LE(requestId, 4);
  header.writeInt32LE(request.id, 8);
  header.writeInt32LE(request.isLegacy ? OP_REPLY : OP_MSG, 12);
  if (request.isLegacy) {
    header.writeInt32LE(8, 16); // AwaitCapable
    header.writeInt32LE(1, 32); // one document
  }
  return [header, document];
}
