import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runGuard } from '../../../src/ledger/guard/guard.ts';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { createJobDependencies } from '../../../workers/jobs/dependencies.ts';
import type { RunningWorker } from '../../../workers/worker.ts';
import { type CliResult, runCli } from '../../support/cli.ts';
import { writeMap } from '../../support/map-file.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from '../../support/wire.ts';

const JO = '447700900123';
const MAP = `
version: 2
account: acc
collections:
  - collection: cards
    record: contact
    numbers: [ { parts: [ phone.cc, phone.area, phone.local ], code: true } ]
    fields: [ { path: name, category: name } ]
  - collection: texts
    record: message
    numbers: [ { parts: [ cc, local ] } ]
    fields: [ { path: text, category: body } ]
    at: at
  - { collection: blacklist, record: suppression, numbers: [ number ] }
`;

describe('numbers in several fields', () => {
  let platform: Platform;
  let worker: RunningWorker;
  let map: Awaited<ReturnType<typeof writeMap>>;
  let made: Awaited<ReturnType<Platform['account']>>;
  let url: string;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    map = await writeMap(MAP);
    platform = await openPlatform('several-fields', { DATA_MAP: map.file, GUARD_LOOK_BACK_MINUTES: '60' });
    made = await platform.account();
    worker = await platform.startWorker();
    ({ url } = await platform.startApi());
    env = { ...platform.env, LETHE_URL: url, LETHE_KEY: made.key };
    await platform.core.db.collection('cards').insertMany([
      { acc: made.account.records_id, phone: { cc: '44', area: '7700', local: '900123' }, name: 'Jo' },
      { acc: made.account.records_id, phone: { cc: '44', area: '7700', local: '900456' }, name: 'Al' },
    ]);
    await platform.core.db
      .collection('texts')
      .insertOne({ acc: made.account.records_id, cc: 44, local: 7700900123, text: 'Hi', at: new Date() });
  });
  afterAll(async () => {
    await platform?.close();
    await map?.remove();
  });

  const run = (...args: string[]): Promise<CliResult> => runCli(args, env, new Date(), JO);
  const found = async () => (await run('find')).out.slice(1).map((line) => line.replace(/ {2}\w{24} /, ''));

  it('check-map asks for the index on the last of them, and reads them together', async () => {
    await platform.core.db
      .collection('cards')
      .insertOne({ acc: made.account.records_id, phone: { cc: '44', area: '7700', local: '90012345' }, name: 'Odd' });
    const { out, code } = await run('check-map');
    expect(code).toBe(1);
    const text = out.join('\n');
    expect(text).toContain('db.cards.createIndex({"acc":1,"phone.local":1})');
    expect(text).toContain('db.texts.createIndex({"acc":1,"local":1})');
    expect(text).toMatch(/cards\.phone\.cc\+phone\.area\+phone\.local.*1 of 3 records hold no number/);
    await run('check-map', '--create-indexes');
    expect((await run('check-map')).out.join('\n')).not.toContain('createIndex');
    await platform.core.db.collection('cards').deleteOne({ name: 'Odd' });
  });

  it('are found, forgotten, and found no more; a drill tries them', async () => {
    expect(await found()).toEqual(['cards phone.local  number  yes', 'texts local  number  yes']);
    await call(url, '/gdpr/forget', { key: made.key, body: { number: JO } });
    await waitFor('the end', () => requestsOf(platform.core.db).findOne({ state: 'completed' }));
    expect(await found()).toEqual([]);
    const { out, err, code } = await run('drill');
    expect({ code, out }).toEqual({ code: 0, out: [] });
    expect(err.join('\n')).toMatch(/^\d+ records of a made-up person put into 3 collections/);
  });

  it('come late, and are erased by the guard', async () => {
    const cards = platform.core.db.collection('cards');
    const card = { acc: made.account.records_id, phone: { cc: '44', area: '7700', local: '900123' }, name: 'Jo' };
    await platform.core.db.collection('texts').insertOne({
      acc: made.account.records_id,
      cc: '44',
      local: '7700-900123',
      text: 'Hi',
      at: new Date('2026-01-01'),
    });
    await cards.insertOne(card);
    const { guard } = createJobDependencies(platform.core, worker.producer, platform.logger, () => new Date());
    const times = { ...platform.core.times, guardTurnMs: 60_000 };
    expect(await runGuard({ ...guard, times }, new AbortController().signal)).toBe(1);
    await waitFor('the late records to be erased', async () => ((await found()).length === 0 ? true : null));
    // Nothing tells when a card came to be.
    expect(await cards.countDocuments({ name: 'Jo' })).toBe(0);
  });
});
