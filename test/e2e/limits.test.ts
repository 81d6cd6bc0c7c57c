import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { Redis } from 'ioredis';
import { streamText } from '../../api/http/stream.ts';
import { closeServer, openPlatform, type Platform } from '../support/platform.ts';
import { listKeys } from '../support/snapshot.ts';
import { call, sendRaw } from '../support/wire.ts';

const MEGABYTE = 1_048_576;
const wrong = () => `${randomBytes(8).toString('hex')}.${'y'.repeat(43)}`;

describe('limits on every caller', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  beforeAll(async () => {
    platform = await openPlatform('e2e-limits', { RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
    ({ key } = await platform.account());
  });
  afterAll(() => platform?.close());

  const post = (headers: string) =>
    `POST /gdpr/forget HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n${headers}\r\n\r\n`;

  describe('a body that is too large', () => {
    it('is refused by its length, before it comes', async () => {
      const answer = await sendRaw(url, `${post('Content-Length: 5000000')}${'x'.repeat(1_000)}`);
      expect([answer.status, answer.headers.connection]).toEqual([413, 'close']);
    });

    it('is refused at the byte after the limit, when it has no length', async () => {
      const chunk = `1000\r\n${'x'.repeat(4_096)}\r\n`;
      const answer = await sendRaw(url, `${post('Transfer-Encoding: chunked')}${chunk.repeat(3)}`);
      expect([answer.status, answer.headers.connection]).toEqual([413, 'close']);
    });

    it('is not asked for when the client asks first', async () => {
      const answer = await sendRaw(url, post('Content-Length: 50000\r\nExpect: 100-continue'));
      expect(answer.status).toBe(413);
      const unknown = `POST /gdpr/forget HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`;
      expect((await sendRaw(url, unknown)).status).toBe(401);
      expect(
        (await sendRaw(url, `${post('Content-Length: 2\r\nConnection: close\r\nExpect: 100-continue')}{}`)).status,
      ).toBe(100);
    });

    it('is not taken in for ever', async () => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write(post('Transfer-Encoding: chunked'));
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
      let sent = 0;
      const more = () => {
        while (!socket.destroyed && socket.writable && socket.write(chunk)) sent += chunk.length;
      };
      socket.on('drain', more);
      more();
      await new Promise((resolve) => socket.once('close', resolve));
      expect(sent).toBeLessThan(100 * MEGABYTE);
    });

    it('a client that sends a megabyte all the same gets the answer', async () => {
      const answer = await call(url, '/gdpr/forget', { key, body: 'x'.repeat(MEGABYTE - 100_000) });
      expect(answer.status).toBe(413);
    });
  });

  it('requests are counted by account, whatever key they come with, and redactions apart', async () => {
    const api = await platform.startApi({ RATE_LIMIT_PER_SECOND: '1000', REDACT_RATE_LIMIT: '1000' });
    const { account, key: first } = await platform.account();
    const made = await platform.core.keys.create({ account: account._id, now: new Date() });
    const redis = new Redis(platform.config.REDIS_URL);
    for (const one of [first, made?.whole ?? ''])
      expect((await call(api.url, '/v0.1/legs', { key: one })).status).toBe(200);
    await call(api.url, '/v1/redact/transaction', { key: first, body: { id: 'none', product: 'sms' } });
    const counters = (await listKeys(redis, platform)).map((name) => name.replace(/^\{[^}]*\}:|:\d+$/g, ''));
    expect(new Set(counters.filter((name) => name.startsWith('rate:')))).toEqual(
      new Set([`rate:${account._id}`, `rate:redact:${account._id}`]),
    );
    redis.disconnect();
    await api.close();
  });

  it('what is refused before any route has the headers of every answer', async () => {
    for (const [bytes, status] of [
      ['no request\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
      ['GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n', 417],
    ] as const) {
      const answer = await sendRaw(url, bytes);
      expect(answer.status).toBe(status);
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it.each(['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs'])('%s has no other methods', async (path) => {
    for (const method of ['POST', 'OPTIONS', 'DELETE']) {
      const answer = await call(url, path, { method });
      expect({ method, status: answer.status, allow: answer.headers.allow }).toEqual({
        method,
        status: 405,
        allow: 'GET, HEAD',
      });
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
    }
  });

  it('/docs cannot be framed, nor send forms', async () => {
    const { headers } = await call(url, '/docs');
    expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'; base-uri 'none'; form-action 'none'/);
  });

  describe('wrong keys', () => {
    const ask = (api: string, given: string, from?: string) =>
      call(api, '/gdpr/status?date=today', {
        key: given,
        headers: from === undefined ? {} : { 'x-forwarded-for': from },
      });
    const flood = async (api: string, from: string, length = 400) =>
      (await Promise.all(Array.from({ length }, () => ask(api, wrong(), from)))).map((answer) => answer.status);

    it('too many from one address are refused unlooked at; live keys from there and other addresses are not', async () => {
      const api = await platform.startApi();
      expect((await ask(api.url, key, '192.0.2.1')).status).toBe(404);
      // Places come back by the second: on a slow machine more are let through.
      const statuses = await flood(api.url, '192.0.2.1', 800);
      expect(statuses).toContain(429);
      expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(200);
      expect((await ask(api.url, key, '192.0.2.1')).status).toBe(404);
      expect((await ask(api.url, wrong(), '192.0.2.2')).status).toBe(401);
      await flood(api.url, '2001:db8::1');
      expect(await flood(api.url, '2001:db8:0:0:ffff::2', 190)).toContain(429);
      expect(await flood(api.url, '2001:db8:0:1::2', 190)).not.toContain(429);
      await api.close();
    });

    it('many calls of a key that was not seen yet are no wrong keys', async () => {
      const api = await platform.startApi();
      const answers = await Promise.all(Array.from({ length: 400 }, () => ask(api.url, key, '192.0.2.1')));
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([404]));
      await api.close();
    });

    it('an address is believed from a proxy that is trusted alone', async () => {
      const api = await platform.startApi({ TRUST_PROXY: '10.0.0.0/8' });
      await flood(api.url, '192.0.2.1');
      expect(await flood(api.url, '192.0.2.2', 190)).toContain(429);
      await api.close();
    });
  });

  it('a reader that takes nothing is cut', async () => {
    const app = express();
    let ended: () => void = () => {};
    const whenEnded = new Promise<void>((resolve) => {
      ended = resolve;
    });
    async function* endless() {
      try {
        for (;;) yield 'x'.repeat(65_536);
      } finally {
        ended();
      }
    }
    app.get('/', (_request, response) => streamText(response, 'txt', endless(), 300));
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.pause();
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await whenEnded;
    socket.destroy();
    await closeServer(server);
  });
});
