import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { SUPPRESSION_LIST, writeMap } from '../../support/map-file.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { call } from '../../support/wire.ts';

const { ObjectId } = mongoose.mongo;

/** The time lies inside of an object, and customers know a record by its `_id`. */
const MAP = {
  version: 1 as const,
  collections: [
    {
      collection: 'texts',
      account: 'account_id',
      record: 'message' as const,
      numbers: ['to'],
      id: '_id',
      at: 'when.sent',
      products: ['sms' as const],
      direction: 'outbound' as const,
    },
    SUPPRESSION_LIST,
  ],
};

describe('records page by page, of a map with a nested time', () => {
  let platform: Platform;
  let url: string;
  let removeMap: () => Promise<void>;
  let key: string;
  const ids = Array.from({ length: 9 }, () => new ObjectId());
  beforeAll(async () => {
    const map = await writeMap(MAP);
    removeMap = map.remove;
    platform = await openPlatform('e2e-paging', { DATA_MAP: map.file, RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
    const made = await platform.account();
    ({ key } = made);
    await platform.core.db.collection('texts').insertMany(
      ids.map((_id, index) => ({
        _id,
        account_id: made.account.records_id,
        to: '447700900123',
        // Three moments, three records each; one of the last has none that can be read.
        when: { sent: index === 8 ? 'today' : new Date(Date.UTC(2026, 0, 1 + Math.floor(index / 3))) },
      })),
    );
  });
  afterAll(async () => {
    await platform?.close();
    await removeMap?.();
  });

  const pages = async (query: string): Promise<string[]> => {
    const found: string[] = [];
    let cursor: unknown = '';
    while (cursor !== null) {
      const path = `/v2/reports/records?limit=2${query}${cursor ? `&cursor=${String(cursor)}` : ''}`;
      const { status, body } = await call(url, path, { key });
      expect(status).toBe(200);
      found.push(...(body.records as { id: string }[]).map((record) => record.id));
      cursor = body.cursor;
    }
    return found;
  };

  it('the cursor that is given out is taken, and each record comes once', async () => {
    expect(await pages('')).toEqual(ids.map(String));
  });

  it('ids that were asked for stay asked for', async () => {
    const wanted = [ids[0], ids[1], ids[2], ids[5], ids[8]].map(String);
    expect(await pages(wanted.map((id) => `&id=${id}`).join(''))).toEqual(wanted);
  });
});
