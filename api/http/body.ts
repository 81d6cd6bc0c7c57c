import express, { type Request, type RequestHandler } from 'express';
import { LetheError } from '../../src/base/errors.ts';

/** Every body is read as bytes, whatever its label, and no further than this. */
const BODY_LIMIT_BYTES = 10_240;

export const readBytes: RequestHandler = express.raw({ type: () => true, limit: BODY_LIMIT_BYTES });

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
