import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request, RequestHandler } from 'express';
import { LetheError } from '../../src/base/errors.ts';

/** Every body is read as bytes, whatever its label, and no further than this. */
const BODY_LIMIT_BYTES = 10_240;
/** What packing may add to a body that cannot be packed. */
const PACKING_BYTES = 1_024;

const UNPACKERS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const;

/**
 * Reads the body into `request.body`, a Buffer, unpacked. One that is too large is refused as soon as that is known: by
 * its length before anything of it is read, or at the byte after the limit.
 * @param limit in bytes
 */
export const readBytes =
  (limit = BODY_LIMIT_BYTES): RequestHandler =>
  async (request, response, next) => {
    const { headers } = request;
    if (headers['transfer-encoding'] === undefined && headers['content-length'] === undefined) {
      next();
      return;
    }
    const encoding = (headers['content-encoding'] ?? 'identity').toLowerCase();
    const unpack = encoding === 'identity' ? undefined : UNPACKERS[encoding as keyof typeof UNPACKERS];
    if (unpack === undefined && encoding !== 'identity')
      throw new LetheError('bad_input', 'The encoding of the body is not known');
    const most = limit + (unpack ? PACKING_BYTES : 0);
    if (Number(headers['content-length']) > most) throw tooLarge(limit);
    // Only now: a client that asks first is told no before it sends.
    if (headers.expect !== undefined) response.writeContinue();
    const bytes = await take(request, most, limit);
    request.body = unpack ? await unpackWithin(bytes, unpack, limit) : bytes;
    next();
  };

function tooLarge(limit: number): LetheError {
  return limit === BODY_LIMIT_BYTES
    ? new LetheError('body_too_large')
    : new LetheError('body_too_large', `The body is larger than ${Math.floor(limit / 1000)} kB`);
}

/**
 * @param limit the one to be told
 * @throws LetheError `body_too_large` at the byte after `most`, the rest unread; `bad_input` for a body that breaks off
 */
function take(stream: Readable, most: number, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (act: () => void) => {
      stream.off('data', onData).off('end', onEnd).off('error', onError).off('close', onError);
      act();
    };
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= most) return;
      stream.pause();
      settle(() => reject(tooLarge(limit)));
    };
    const onEnd = () => settle(() => resolve(Buffer.concat(chunks)));
    const onError = () => settle(() => reject(new LetheError('bad_input', 'The body is not readable')));
    stream.on('data', onData).once('end', onEnd).once('error', onError).once('close', onError);
  });
}

async function unpackWithin(bytes: Buffer, unpack: () => Transform, limit: number): Promise<Buffer> {
  const stream = unpack();
  try {
    const unpacked = take(stream, limit, limit);
    stream.end(bytes);
    return await unpacked;
  } finally {
    stream.on('error', () => {});
    stream.destroy();
  }
}

/**
 * The fields of a body: JSON whatever its content type (the source document's examples label JSON as a form), else form
 * fields, urlencoded or multipart. A field given twice becomes an array, which no rule accepts.
 * @returns the parsed JSON of any kind, or an object of form fields; undefined for an empty body
 * @throws LetheError `bad_input`
 */
export async function readBody(request: Request): Promise<unknown> {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return undefined;
  const { text, json } = parseBytes(bytes);
  if (json) return json.value;
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'multipart/form-data') return readMultipart(request, bytes);
  const looksLikeJson = /^\s*[[{"]/.test(text);
  if (!looksLikeJson && type === 'application/x-www-form-urlencoded') return collect(new URLSearchParams(text));
  throw new LetheError('bad_input', 'The body is not JSON');
}

/**
 * A body as text, and as JSON if it is some. The parser's message is dropped: it quotes the body, which may hold a
 * number.
 */
export function parseBytes(bytes: Buffer): { text: string; json?: { value: unknown } } {
  // The decoder drops the byte order mark that some clients send and `JSON.parse` refuses.
  const text = new TextDecoder().decode(bytes);
  try {
    return { text, json: { value: JSON.parse(text) as unknown } };
  } catch {
    return { text };
  }
}

async function readMultipart(request: Request, bytes: Buffer): Promise<unknown> {
  try {
    const form = await new Response(new Uint8Array(bytes), {
      headers: { 'content-type': request.headers['content-type'] ?? '' },
    }).formData();
    return collect([...form].map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : '']));
  } catch {
    throw new LetheError('bad_input', 'The form is not readable');
  }
}

function collect(pairs: Iterable<[string, string]>): Record<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [name, value] of pairs) {
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(fields);
}
