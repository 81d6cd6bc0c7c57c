import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { createApp } from '../../../api/app.ts';
import { DOORS } from '../../../api/doors.ts';
import { createApiServer } from '../../../api/http/server.ts';
import type { Logger } from '../../../src/base/log.ts';
import { openRedis } from '../../../src/base/queue/connections.ts';
import { createProducer } from '../../../src/base/queue/producer.ts';
import { closeServer, openPlatform, type Platform } from '../../support/platform.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Answer, call } from '../../support/wire.ts';

const NUMBER = '447700900171';

interface Line extends Record<string, unknown> {
  readonly message: string;
}

describe('the doors of the API', () => {
  let platform: Platform;
  let key: string;
  let account: string;
  const lines: Line[] = [];
  const closers: (() => Promise<void>)[] = [];

  /** An API with its doors in a given order, whose log is kept. */
  async function open(doors = DOORS): Promise<string> {
    const { core, config } = platform;
    const redis = openRedis({ url: config.REDIS_URL, cluster: false }, 'fail-fast', () => {});
    const producer = createProducer(redis, config.QUEUE_PREFIX, () => {});
    const keep = (message: string, facts: object = {}) => void lines.push({ ...facts, message });
    const logger: Logger = { error: keep, warn: keep, info: keep, debug: keep, child: () => logger };
    const server = createApiServer(createApp({ core, redis, producer, logger, now: () => new Date() }, doors));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve());
    });
    closers.push(async () => {
      await closeServer(server);
      await producer.close();
      redis.disconnect();
    });
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  beforeAll(async () => {
    platform = await openPlatform('doors', { RATE_LIMIT_PER_SECOND: '0', REDACT_RATE_LIMIT: '0' });
    const made = await platform.account();
    ({ key } = made);
    account = made.account._id;
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await platform?.close();
  });

  /** A request of each door that it answers, in its own words. */
  const requests = (): [door: string, path: string, options: object, status: number, shows: RegExp][] => [
    ['operator', '/healthz', {}, 200, /"ok"/],
    ['forget', '/blacklist/check', { key, body: { number: NUMBER } }, 200, /"blacklisted":false/],
    ['forget', '/gdpr/forget', { key, body: { number: NUMBER } }, 400, /"code":76/],
    ['receipt', '/.well-known/jwks.json', {}, 200, /"kid":"receipt1"/],
    ['receipt', '/gdpr/receipt?reference=AAAAAAAAAAAAAAA', { key }, 404, /"code":77/],
    ['access', `/gdpr/access?number=${NUMBER}`, { key }, 200, /"counts":\{\}/],
    ['access', '/search/message?id=none', { key }, 404, /"code":77/],
    ['contact', `/v1/contacts/${NUMBER}`, { key, method: 'DELETE' }, 200, /"records_affected":0/],
    ['interactions', `/accounts/${account}/redaction`, { key }, 200, /"automatic":"off"/],
    ['transaction', '/v1/redact/transaction', { key, body: { id: 'none', product: 'sms' } }, 404, /Invalid ID/],
    ['oversight', '/audit', { key }, 200, /"items":\[/],
    ['opendsr', '/opendsr/2.0/discovery', {}, 404, /not set up/],
    ['webhooks', '/webhooks', { key }, 200, /"items":\[\]/],
    ['requests', '/requests', { key }, 200, /"items":\[\]/],
    ['resources', '/v0.1/legs', { key }, 200, /"_embedded"/],
    ['suppressions', '/suppressions', { key }, 200, /"items"/],
    ['system', '/system', { key }, 403, /"forbidden"/],
    ['console', '/console/api/accounts', { key }, 200, /"items"/],
  ];

  /** Paths below or beside those of a door, and the shape of error they get. */
  const unknown: [path: string, shape: RegExp][] = [
    ['/gdpr', /^\{"error":\{"code":404,/],
    ['/gdpr/forgot', /^\{"error":\{"code":404,/],
    ['/gdpr/access/more', /^\{"error":\{"code":404,/],
    ['/search', /^\{"error":\{"code":404,/],
    ['/v2/reports/none/more', /^\{"error":\{"code":404,/],
    ['/accounts/none', /^\{"error":\{"code":404,/],
    [`/v1/contacts/${NUMBER}/more`, /^\{"error_code":"NOT_FOUND"/],
    ['/v1/redact', /"title":"Not Found"/],
    ['/v0.1/conversations/none', /"title":"Not Found"/],
    ['/v0.1', /^\{"error":\{"code":404,/],
    ['/console/api', /^\{"error":"route_not_found"/],
    ['/requests/none/more', /^\{"error":"route_not_found"/],
    ['/nowhere', /^\{"error":\{"code":404,/],
  ];

  describe.each([
    ['in their order', DOORS],
    ['in the reverse order', [...DOORS].reverse()],
  ])('%s', (_name, doors) => {
    let url: string;
    beforeAll(async () => {
      url = await open(doors);
    });

    it('each answers its own requests', async () => {
      expect(new Set(requests().map(([door]) => door))).toEqual(new Set(doors.map(({ name }) => name)));
      for (const [door, path, options, status, shows] of requests()) {
        const { status: answered, text } = await call(url, path, options);
        expect({ door, path, status: answered, text }).toEqual({
          door,
          path,
          status,
          text: expect.stringMatching(shows),
        });
      }
    });

    it('none of their operations but the open ones is reached without a key', async () => {
      for (const { name, operations } of doors) {
        for (const { method, path, open } of operations(platform.config)) {
          const answer = await call(url, path, { method: method.toUpperCase() });
          const told = { name, path, refused: answer.status === 401, text: open ? '' : answer.text };
          expect(told).toEqual({
            name,
            path,
            refused: open !== true,
            text: open ? '' : expect.stringMatching(/unauthorized/i),
          });
        }
      }
    });

    it.each(unknown)(
      '%s is nobody’s: 404 with a key and without, in the shape of the door above it',
      async (path, shape) => {
        for (const options of [{ key }, {}]) {
          const { status, text } = await call(url, path, options);
          expect({ status, text }).toEqual({ status: 404, text: expect.stringMatching(shape) });
        }
      },
    );
  });

  it('a door that is new is a line in the list, and guards nothing of its neighbours', async () => {
    const url = await open([
      {
        name: 'new',
        operations: () => [],
        routes: ({ guards }) => {
          const router = express.Router();
          router
            .route('/gdpr/new')
            .all(...guards())
            .get((_request, response) => {
              response.json({ is: 'new' });
            });
          return router;
        },
      },
      ...DOORS,
    ]);
    expect((await call(url, '/gdpr/new', { key })).text).toBe('{"is":"new"}');
    expect((await call(url, '/gdpr/new')).status).toBe(401);
    expect((await call(url, '/gdpr/newer')).status).toBe(404);
    expect((await call(url, '/gdpr/status?date=today', { key })).body).toMatchObject({ error: { code: 77 } });
  });

  describe('the log says why a request was refused', () => {
    let url: string;
    beforeAll(async () => {
      url = await open();
    });
    const refusals = (): [name: string, path: string, options: object, status: number][] => [
      ['no_affiliation', '/gdpr/forget', { key, body: { number: NUMBER } }, 400],
      ['bad_input', '/gdpr/forget', { key, body: { number: '07700900171' } }, 400],
      ['no_records', '/gdpr/status?date=today', { key }, 404],
      ['route_not_found', '/gdpr/forgot', { key }, 404],
      ['unauthorized', '/gdpr/forget', { body: { number: NUMBER } }, 401],
      ['method_not_allowed', '/gdpr/forget', { key }, 405],
      ['body_too_large', '/gdpr/forget', { key, body: 'x'.repeat(20_000) }, 413],
      ['bad_input', '/v1/contacts/0', { key, method: 'DELETE' }, 400],
      ['invalid_id', '/v1/redact/transaction', { key, body: { id: NUMBER, product: 'sms' } }, 404],
      ['invalid_product', '/v1/redact/transaction', { key, body: { id: NUMBER, product: NUMBER } }, 422],
      ['invalid_json', '/v1/redact/transaction', { key, body: `{"id":${NUMBER}` }, 422],
      ['unauthorized', '/v1/redact/transaction', { body: { id: NUMBER, product: 'sms' } }, 401],
      ['invalid_query', '/v0.1/legs?page_size=0', { key }, 422],
      ['bad_field', `/accounts/${account}/interactions?limit=0`, { key }, 422],
      ['not_found', `/accounts/${account}/redactions/${NUMBER}`, { key }, 404],
    ];
    const lineOf = async ({ headers }: Answer): Promise<Line> => {
      const isOf = (line: Line) => line.message === 'http' && line.request_id === headers['x-request-id'];
      await waitFor('its line', () => Promise.resolve(lines.some(isOf)));
      return lines.find(isOf) as Line;
    };

    it('by the error’s name', async () => {
      for (const [name, path, options, status] of refusals()) {
        const answer = await call(url, path, options);
        const { error, status: logged } = await lineOf(answer);
        expect({ path, status: answer.status, logged, error }).toEqual({ path, status, logged: status, error: name });
      }
    });

    it('and nothing of what is served', async () => {
      const line = await lineOf(await call(url, '/blacklist/check', { key, body: { number: NUMBER } }));
      expect(line).toMatchObject({ status: 200, route: '/blacklist/check' });
      expect(line).not.toHaveProperty('error');
    });

    it('and never a number', () => {
      expect(JSON.stringify(lines)).not.toContain(NUMBER.slice(2));
    });
  });
});
