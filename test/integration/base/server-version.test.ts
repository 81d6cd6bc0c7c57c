import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createCore } from '../../../src/core.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openProcesses } from '../../support/processes.ts';
import { type StrictMongo, startStrictMongo } from '../../support/strict-mongo.ts';
import { call } from '../../support/wire.ts';

describe('the version of the server', () => {
  let platform: Platform;
  let strict: StrictMongo | undefined;
  beforeAll(async () => {
    platform = await openPlatform('version');
  });
  afterEach(() => strict?.close());
  afterAll(() => platform?.close());

  it.each([
    ['7.0.21', false],
    ['7.0.22', true],
    ['7.3.4', false],
    ['8.0.11', false],
    ['8.0.12', true],
    ['8.0.12-rc0', true],
    ['8.1.0', true],
    ['10.0.0', true],
    ['6.0.25', false],
  ])('%s: ready %s', async (version, recent) => {
    strict = await startStrictMongo(platform.config.MONGODB_URI, { version });
    const api = await platform.startApi({ MONGODB_URI: strict.uri });
    const { body } = await call(api.url, '/readyz');
    expect(body.checks).toContainEqual(
      recent
        ? { name: 'version', ok: true }
        : { name: 'version', ok: false, detail: `MongoDB ${version} is too old: 7.0.22, 8.0.12 or later is needed` },
    );
    await api.close();
  });

  it('that is too old is in the log of a worker, too', async () => {
    strict = await startStrictMongo(platform.config.MONGODB_URI, { version: '8.0.4' });
    const processes = openProcesses();
    try {
      const drain = processes.lethe(['worker', '--drain'], { ...platform.env, MONGODB_URI: strict.uri });
      expect(await drain.said('the version of MongoDB does not fit')).toMatchObject({ level: 'error' });
      await drain.exited();
    } finally {
      await processes.endAll();
    }
  });

  it('of the local engine is not measured: it says what it is', async () => {
    const core = createCore(platform.config, { poolSize: 1 });
    expect(await core.db.admin().command({ buildInfo: 1 })).toMatchObject({ gitVersion: 'documentdb' });
    await core.close();
    const api = await platform.startApi();
    expect((await call(api.url, '/readyz')).body.checks).toContainEqual({ name: 'version', ok: true });
  });
});
