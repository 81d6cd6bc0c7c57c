import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import { timesOf } from '../../../../src/base/times.ts';
import { createFiles, type Files } from '../../../../src/ledger/recordings/files.ts';
import { FILES, type FileRow } from '../../../../src/ledger/recordings/outbox.ts';
import { relayFiles } from '../../../../src/ledger/recordings/relay-files.ts';
import type { RecordingStorage } from '../../../../src/ledger/recordings/storage.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { waitFor } from '../../../support/wait-for.ts';

const LEASE_MS = 60_000;

/** A network folder that is away: whoever touches it waits, and heeds no signal. */
const HANGING: RecordingStorage = { check: () => {}, remove: () => new Promise(() => {}) };

describe('a storage that hangs', () => {
  let platform: Platform;
  let serial = 0;
  const signal = new AbortController().signal;
  beforeAll(async () => {
    platform = await openPlatform('recordings-hang');
  });
  afterAll(() => platform?.close());

  const filesIn = (storage: RecordingStorage, fileAttemptMs: number): Files =>
    createFiles({
      db: platform.core.db,
      seal: platform.core.seal,
      storage,
      times: { ...timesOf({ ...platform.config, LEASE_MS }), fileAttemptMs },
    });
  const writeDown = async (files: Files) => {
    serial += 1;
    const owner = { account: `acc_${serial}`, reference: String(serial).padStart(15, 'A') };
    await inTransaction(platform.core.db, (session) =>
      files.add(owner, [{ where: 'calls.recording_url', reference: 'a.mp3' }], session),
    );
    return owner;
  };
  const rowOf = (reference: string) => platform.core.db.collection<FileRow>(FILES).findOne({ reference });
  const relay = async (files: Files, reference: string, now: number) => {
    const added: string[] = [];
    await relayFiles({
      files,
      producer: {
        add: async (_name, _payload, { id }) => {
          if (id.includes(reference)) added.push(id);
        },
        isAlive: async () => true,
      },
      logger: platform.logger,
      times: timesOf({ ...platform.config, LEASE_MS }),
      now: () => new Date(now),
    });
    return added;
  };

  it('an attempt that takes too long has failed, and is made again later', async () => {
    const files = filesIn(HANGING, 20);
    const owner = await writeDown(files);
    const left = await files.removeNow(owner, signal);
    expect(left).toMatchObject({ where: 'calls.recording_url', tries: 1, fault: 'TimeoutError' });
    expect(left?.again.getTime()).toBeGreaterThan(Date.now());
    expect(await rowOf(owner.reference)).not.toHaveProperty('lease');
  });

  it('told to stop, the attempt is given up and the file is due as before', async () => {
    const files = filesIn(HANGING, LEASE_MS);
    const owner = await writeDown(files);
    const stop = new AbortController();
    const removing = files.removeNow(owner, stop.signal);
    await waitFor('the attempt', async () => (await rowOf(owner.reference))?.lease);
    stop.abort();
    expect(await removing).toMatchObject({ tries: 0 });
    expect(await rowOf(owner.reference)).not.toHaveProperty('lease');
  });

  it('a worker that hangs with a file is replaced, though the queue calls its job alive', async () => {
    const files = filesIn(HANGING, 10 * LEASE_MS);
    const owner = await writeDown(files);
    const stop = new AbortController();
    const removing = files.removeNow(owner, stop.signal);
    await waitFor('the attempt', async () => (await rowOf(owner.reference))?.lease);
    const { reference } = owner;
    const start = Date.now();
    expect(await relay(files, reference, start)).toEqual([]);
    expect(await relay(files, reference, start + 2 * LEASE_MS)).toEqual([]);
    expect(await relay(files, reference, start + 4 * LEASE_MS)).toEqual([`files-${reference}-g2`]);
    expect(await relay(files, reference, start + 4 * LEASE_MS)).toEqual([]);

    const working = filesIn({ check: () => {}, remove: async () => {} }, LEASE_MS);
    expect(await working.removeNow(owner, signal)).toBeNull();
    stop.abort();
    expect(await removing).toBeNull();
    expect(await rowOf(reference)).toBeNull();
  });
});
