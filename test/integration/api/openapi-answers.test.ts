import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DOORS } from '../../../api/doors.ts';
import { allowRedaction, callOf, JO, makeAgency, OWN } from '../../support/interactions.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform } from '../../support/records.ts';
import { type SignedIn, signInAs } from '../../support/sign-in.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Call, call } from '../../support/wire.ts';

interface Described {
  readonly responses: Record<string, { content?: Record<string, { example?: unknown }> }>;
}

/** Keyed by what the records or the map hold: their keys cannot be described. */
const OPEN = /^(by_|failed_by_cause$|personal$|redacted$|erased$|collections$|counts$|fields$)/;

/** Fields of an answer that its description does not show. */
function undescribed(shown: unknown, real: unknown, path = ''): string[] {
  if (Array.isArray(real)) return real.flatMap((one) => undescribed((shown as unknown[] | undefined)?.[0], one, path));
  if (typeof real !== 'object' || real === null) return [];
  return Object.entries(real).flatMap(([name, value]) => {
    if (typeof shown !== 'object' || shown === null || !(name in shown)) return [`${path}.${name}`];
    return OPEN.test(name) ? [] : undescribed((shown as Record<string, unknown>)[name], value, `${path}.${name}`);
  });
}

const toTemplate = (path: string) => path.replace(/:(\w+)/g, '{$1}');

describe('what is answered', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let account: string;
  let paths: Record<string, Record<string, Described>>;
  beforeAll(async () => {
    platform = await openPlatform('openapi-answers', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    await platform.startWorker();
    const made = await makeAgency(platform);
    ({ key } = made.sub);
    account = made.sub.account._id;
    await allowRedaction(platform, made, { manual: true });
    const { db } = platform.core;
    const at = new Date('2026-01-01T12:00:00Z');
    await db
      .collection('calls')
      .insertMany([callOf(made.sub.account, 'c1', at), callOf(made.sub.account, 'c2', new Date(at.getTime() + 1))]);
    await db.collection('sent_sms').insertOne({
      account_id: account,
      message_id: 's1',
      to: JO,
      from: OWN,
      body: 'Hi',
      status: 'delivered',
      network: '23410',
      price: '0.03',
      sent_at: at,
      closed_at: at,
    });
    await db.collection('users').insertOne({ account_id: account, user_id: 'USR-1', name: JO });
    ({ paths } = (await call(url, '/openapi.json')).body as { paths: typeof paths });
  });
  afterAll(() => platform?.close());

  /** Asks, and holds the answer against the description. */
  const ask = async (path: string, options: Call = {}) => {
    const answer = await call(url, path, { key, ...options });
    const method = (options.method ?? (options.body === undefined ? 'get' : 'post')).toLowerCase();
    const [plain = ''] = path.split('?');
    const known = Object.keys(paths).filter((one) => new RegExp(`^${one.replace(/\{\w+\}/g, '[^/]+')}$`).test(plain));
    const template = known.find((one) => one === plain) ?? known[0] ?? '';
    const described = paths[template]?.[method]?.responses[answer.status];
    const type = answer.headers['content-type']?.split(';')[0] ?? '';
    const content = described?.content ?? {};
    const told = { path, status: answer.status, described: described !== undefined, type: Object.keys(content) };
    expect(told).toEqual({ ...told, described: true, type: expect.arrayContaining([type]) });
    const operations = DOORS.flatMap((door) => door.operations(platform.config));
    const operation = operations.find((one) => one.method === method && template === toTemplate(one.path));
    const { error } = operation?.responses[answer.status]?.schema?.safeParse(answer.body) ?? {};
    expect({ path, misfit: error?.message }).toEqual({ path, misfit: undefined });
    const isFile = plain.endsWith('/file');
    if (!isFile)
      expect({ path, undescribed: undescribed(content[type]?.example, answer.body) }).toEqual({
        path,
        undescribed: [],
      });
    return answer;
  };

  it('search and access', async () => {
    await ask('/search/message?id=s1');
    await ask('/search/message?id=none');
    await ask('/search/messages?ids=s1&ids=none');
    await ask('/search/messages');
    await ask(`/gdpr/access?number=${JO}`);
    await ask('/gdpr/access?number=1');
    await ask('/gdpr/access', { key: 'none' });
  });

  it.each(['csv', 'json'])('reports: %s', async (format) => {
    await ask('/v2/reports/records?limit=1&include_message=true');
    await ask('/v2/reports/records?limit=0');
    const body = { product: 'sms', direction: 'outbound', date_start: '2026-01-01', date_end: '2026-12-31', format };
    const path = `/v2/reports/${(await ask('/v2/reports', { body })).body.request_id}`;
    await waitFor('the report', async () => (await ask(path)).body.request_status === 'SUCCESS');
    await ask(`${path}/file`);
    await ask(path, { method: 'DELETE' });
    await ask(`${path}/file`);
    await ask(path, { method: 'DELETE', body: 'x'.repeat(20_000) });
  });

  it('interactions', async () => {
    const own = `/accounts/${account}`;
    await ask(`${own}/redaction`);
    await ask(`${own}/redaction`, { method: 'PATCH', body: { automatic: 'off' } });
    await ask(`${own}/redaction`, { method: 'PATCH', body: {} });
    await ask(`${own}/interactions`);
    await ask(`${own}/interactions?limit=0`);
    await ask(`${own}/interactions/report`);
    const past = { understood: true, redact_content: true, redact_past: true };
    await ask(`${own}/interactions/search`, { body: {} });
    await ask(`${own}/interactions/c2/past`);
    const { reference } = (await ask(`${own}/interactions/c2/redact`, { body: past })).body;
    await ask(`${own}/redactions/${reference}`);
    await ask(`${own}/interactions/c2/redact`, { body: { understood: true, redact_content: true } });
    await ask(`${own}/interactions/c2/redact`, { body: past });
    await ask('/accounts/acc_000000000000/redaction');
  });

  it('oversight', async () => {
    await ask('/audit?limit=1');
    await ask('/audit?limit=0');
    await ask('/audit?account=acc_000000000000');
    await ask('/audit/verify', { body: {} });
    await ask('/figures');
    await ask('/figures?month=2026-13');
    await ask('/records-of-processing');
  });

  it('requests', async () => {
    const { reference } = (await ask('/gdpr/forget', { body: { number: JO, grace_minutes: 5 } })).body;
    await ask('/requests');
    await ask('/requests?limit=0');
    await ask(`/requests/${reference}`);
    await ask(`/requests/${reference}/retry`, { method: 'POST' });
    await ask(`/requests/${reference}/cancel`, { method: 'POST' });
    await ask('/requests/none');
    await ask('/requests/retry', { body: { references: [reference] } });
  });

  it('numbers: how they stand, and the suppression list', async () => {
    const body = { number: JO };
    await ask('/gdpr/status', { body });
    await ask('/gdpr/status', { body: { date: 'this week' } });
    await ask('/gdpr/forget/preview', { body });
    await ask('/blacklist/check', { body });
    await ask('/suppressions');
    await ask('/suppressions/check', { body });
    await ask('/suppressions/lift', { body: { ...body, reason: 'asked for by letter' } });
  });

  it('the console', async () => {
    const admin: SignedIn = await signInAs(platform, url, 'admin@example.com', 'admin');
    const headers = { cookie: admin.cookie, 'x-csrf-token': admin.csrf, 'lethe-account': account };
    const askAs = (path: string, options: Call = {}) => ask(path, { key: undefined, ...options, headers } as Call);
    for (const path of ['session', 'oidc', 'accounts', 'people', 'keys']) await askAs(`/console/api/${path}`);
    const person = { email: 'jo@example.com', name: 'Jo', role: 'clerk', account };
    const { id } = (await askAs('/console/api/people', { body: person })).body;
    await askAs(`/console/api/people/${id}/reset`, { body: { totp: true } });
    await askAs(`/console/api/people/${id}/disable`, { method: 'POST' });
    const made = (await askAs('/console/api/keys', { body: { label: 'web' } })).body;
    await askAs(`/console/api/keys/${made.id}/revoke`, { method: 'POST' });
    await askAs('/system');
    await askAs('/system/map-check', { method: 'POST' });
  });

  it('resources', async () => {
    await ask('/v0.1/users/USR-1', { method: 'PUT', body: { name: 'gone', display_name: 'Gone' } });
  });
});
