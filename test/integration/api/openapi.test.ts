import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import { createApp } from '../../../api/app.ts';
import { openRedis } from '../../../src/base/queue/connections.ts';
import { createProducer } from '../../../src/base/queue/producer.ts';
import { endRedis } from '../../support/end-redis.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';

interface Layer {
  readonly route?: { readonly path: string | string[]; readonly methods: Record<string, boolean> };
  readonly handle?: { readonly stack?: Layer[] };
}

/** Every route of the app, as `get /path`. Scripts of the documentation's own page are none. */
function routesOf(layers: readonly Layer[]): string[] {
  return layers.flatMap((layer) => {
    if (layer.handle?.stack && !layer.route) return routesOf(layer.handle.stack);
    if (!layer.route) return [];
    const methods = Object.keys(layer.route.methods).filter((method) => method !== '_all' && method !== 'head');
    return [layer.route.path].flat().flatMap((path) => methods.map((method) => `${method} ${path}`));
  });
}

describe('the description of the API', () => {
  let platform: Platform;
  let app: Express;
  let end: () => Promise<void>;
  let url: string;
  beforeAll(async () => {
    platform = await openPlatform('openapi');
    const redis = openRedis({ url: platform.config.REDIS_URL, cluster: false }, 'fail-fast', () => {});
    const producer = createProducer(redis, platform.config.QUEUE_PREFIX, () => {});
    app = createApp({ core: platform.core, redis, producer, logger: platform.logger, now: () => new Date() });
    ({ url } = await platform.startApi());
    end = async () => {
      await producer.close();
      await endRedis(redis);
    };
  });
  afterAll(async () => {
    await end?.();
    await platform?.close();
  });

  const fetchDocument = async () =>
    (await (await fetch(`${url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { responses: object }>>;
    };

  it('names every route there is, and none besides', async () => {
    const document = await fetchDocument();
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const there = routesOf((app as unknown as { router: { stack: Layer[] } }).router.stack)
      .filter((route) => !route.endsWith('.js'))
      .map((route) => route.replace(/:(\w+)/g, '{$1}'));
    expect(there.length).toBeGreaterThan(5);
    expect(described.sort()).toEqual([...new Set(there)].sort());
  });

  it('is OpenAPI 3.1, and says of every operation what it answers', async () => {
    const document = await fetchDocument();
    expect(document.openapi).toBe('3.1.0');
    for (const methods of Object.values(document.paths)) {
      for (const operation of Object.values(methods))
        expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
    }
    expect(JSON.stringify(document)).not.toMatch(/https?:\/\/(?!developer\.nexmo\.com|example\.com)/);
  });

  it('can be tried: one type a parameter, a name an operation, an example a body, forget first', async () => {
    const document = (await fetchDocument()) as unknown as {
      tags: { name: string }[];
      paths: Record<string, Record<string, { operationId: string; parameters?: Parameter[]; requestBody?: Body }>>;
    };
    interface Parameter {
      name: string;
      schema: { type?: unknown; enum?: unknown };
    }
    interface Body {
      content: Record<string, { example?: object; schema: { properties: object; additionalProperties?: boolean } }>;
    }
    expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(['forget']));
    expect([document.tags[0]?.name, document.tags.at(-1)?.name]).toEqual(['forget', 'operator']);
    expect(Object.keys(document.paths)[0]).toBe('/gdpr/forget');
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { operationId, parameters = [], requestBody } of operations) {
      for (const { name, schema } of parameters)
        expect({ operationId, name, type: Array.isArray(schema.type) }).toEqual({ operationId, name, type: false });
      if (!requestBody) continue;
      const { example, schema } = requestBody.content['application/json'] ?? {};
      expect({ operationId, example: typeof example }).toEqual({ operationId, example: 'object' });
      expect(Object.keys(schema?.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(example ?? {})));
    }
    const access = document.paths['/gdpr/access']?.get?.parameters?.find(({ name }) => name === 'number');
    expect(access).toMatchObject({ required: true, schema: { type: 'string' }, example: '447700900123' });
    // The example of an irreversible act is its dry run.
    const forget = document.paths['/gdpr/forget']?.post?.requestBody?.content['application/json'];
    expect(forget?.example).toEqual({ number: 447700900123, sandbox: true });
    expect(forget?.schema.additionalProperties).toBe(false);
  });

  it('can be browsed with nothing loaded from elsewhere', async () => {
    const page = await fetch(`${url}/docs`);
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      const asset = await fetch(new URL(link, `${url}/docs`));
      expect({ link, status: asset.status }).toEqual({ link, status: 200 });
      await asset.arrayBuffer();
    }
    expect((await fetch(`${url}/docs/package.json`)).status).toBe(404);
  });
});
