import { once } from 'node:events';
import type { Response } from 'express';

/** Texts are joined up to this length before they are sent. */
const CHUNK_LENGTH = 16_384;

/** A client that takes nothing for so long is cut: what is to be sent next is held in memory for it. */
const STALL_MS = 30_000;

/**
 * Sends texts as they come, no faster than the client reads, so that an answer of any length takes the same memory.
 * Nothing is sent before the first chunk is complete: a failure until then is answered as an error. A later failure
 * breaks the connection, which no client can take for a whole answer. A client that leaves ends the reading, too, and so does one that
 * reads nothing for half a minute: its connection is cut.
 */
export async function streamText(
  response: Response,
  type: string,
  texts: AsyncIterable<string>,
  stallMs = STALL_MS,
): Promise<void> {
  response.type(type);
  for await (const chunk of inChunks(texts)) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await untilWritable(response, stallMs);
  }
  response.end();
}

async function* inChunks(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const text of texts) {
    chunk += text;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

async function untilWritable(response: Response, stallMs: number): Promise<void> {
  if (response.destroyed) return;
  const stop = new AbortController();
  const stalled = setTimeout(() => response.destroy(), stallMs);
  try {
    await Promise.race([
      once(response, 'drain', { signal: stop.signal }),
      once(response, 'close', { signal: stop.signal }),
    ]);
  } finally {
    clearTimeout(stalled);
    stop.abort();
  }
}
