import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { consoleFiles } from '../../../api/console/files.ts';
import { closeServer } from '../../support/platform.ts';
import { call } from '../../support/wire.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; " +
  "base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'";

describe("the console's pages", () => {
  let server: Server;
  let url: string;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-console-'));
    const app = express()
      .use(consoleFiles([join(folder, 'none'), join(folder, 'dist')]))
      .use((_request, response) => void response.status(404).json({ error: 'nobody' }));
    server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await closeServer(server);
    await rm(folder, { recursive: true });
  });

  it('say how they are built where they are not', async () => {
    const { status, headers, text } = await call(url, '/console/');
    expect([status, headers['content-security-policy']]).toEqual([503, POLICY]);
    expect(text).toContain('npm run console');
  });

  it('are the files of the build, under a strict policy, and one page for every other path', async () => {
    await mkdir(join(folder, 'dist/assets'), { recursive: true });
    await writeFile(join(folder, 'dist/index.html'), '<!doctype html>the console');
    await writeFile(join(folder, 'dist/assets/index-a1b2.js'), 'go()');
    await writeFile(join(folder, 'secret'), 'secret');
    for (const path of [
      '/console',
      '/console/',
      '/console/requests/aB3dE6gH9jK2mN5?tab=audit',
      '/console/index.html',
    ]) {
      const { status, headers, text } = await call(url, path);
      expect([path, status, text]).toEqual([path, 200, '<!doctype html>the console']);
      expect(headers).toMatchObject({ 'content-security-policy': POLICY, 'referrer-policy': 'no-referrer' });
      expect(headers['content-type']).toMatch(/^text\/html/);
      expect(headers['cache-control'] ?? '').not.toContain('immutable');
    }
    const script = await call(url, '/console/assets/index-a1b2.js');
    expect(script.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': expect.stringMatching(/javascript/),
    });
    expect((await call(url, '/console/assets/index-old.js')).text).toBe('{"error":"nobody"}');
    for (const path of ['/console/..%2fsecret', '/console/%2e%2e/secret', '/console/assets/..%2f..%2fsecret'])
      expect((await call(url, path)).text).not.toBe('secret');
  });

  it('leave the API and what is no reading to others, and are where / leads', async () => {
    for (const [path, options] of [
      ['/console/api', {}],
      ['/console/api/none', {}],
      ['/console/', { method: 'POST' }],
    ] as const)
      expect((await call(url, path, options)).text).toBe('{"error":"nobody"}');
    const root = await fetch(url, { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, '/console/']);
  });
});
