import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { writeMap } from '../../../support/map-file.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform } from '../../../support/platform.ts';
import { callRecords } from '../../../support/platforms/call-records.ts';
import type { DataSet } from '../../../support/platforms/data-set.ts';
import { jidStore } from '../../../support/platforms/jid-store.ts';
import { liveChat } from '../../../support/platforms/live-chat.ts';
import { phoneGateway } from '../../../support/platforms/phone-gateway.ts';
import { sharedInbox } from '../../../support/platforms/shared-inbox.ts';
import { storedWebhooks } from '../../../support/platforms/stored-webhooks.ts';
import { driveByHand } from '../../../support/scans.ts';

type Document = Record<string, unknown>;
const JO = phoneNumber(447700900123);

describe('platforms as they are', () => {
  it.each<[string, DataSet]>([
    ['an SMS gateway on telephones', phoneGateway],
    ['a live chat of one tenant', liveChat],
    ['webhooks as they came', storedWebhooks],
    ['an inbox of several channels', sharedInbox],
    ['a store of WhatsApp addresses', jidStore],
    ['calls and leads', callRecords],
  ])(
    '%s: nothing of the person is left, nothing of others changed, and its models open and save all of it',
    async (_name, set) => {
      const map = await writeMap(set.map);
      const platform = await openPlatform('platforms', { DATA_MAP: map.file });
      try {
        const { db, connection } = platform.core;
        for (const [name, records] of Object.entries(set.records))
          await db.collection(name).insertMany(records as never[]);
        const { account } = await platform.account({ recordsId: set.account });
        const driver = driveByHand(platform);
        const request = await driver.finish(account, await driver.forget(account, JO));
        expect({ state: request.state, failure: request.failure }).toEqual({ state: 'completed' });

        const left: string[] = [];
        for (const [name, before] of Object.entries(set.records)) {
          const now = new Map((await db.collection(name).find().toArray()).map((one) => [String(one._id), one]));
          for (const one of now.values()) left.push(...tracesIn(one).map((text) => `${name} ${text}`));
          for (const record of before)
            expectOthersAsBefore(record, now.get(String(record._id)), `${name} ${String(record._id)}`);
        }
        expect(left.sort()).toEqual([...(set.stays ?? [])].sort());

        for (const [name, schema] of Object.entries(set.schemas ?? {})) {
          const definition = { _id: mongoose.Schema.Types.Mixed, ...schema };
          const model = connection.model(name, new mongoose.Schema(definition, { strict: false, collection: name }));
          for (const one of await model.find()) {
            one.set('opened', 1);
            for (const path of Object.keys(schema)) if (path !== '_id') one.markModified(path);
            await one.save();
          }
        }
      } finally {
        await platform.close();
        await map.remove();
      }
    },
  );
});

/** Every value and key that is somebody's: names, texts, numbers however written, in base64, too. */
function tracesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(tracesIn);
  if (isObject(value)) return Object.entries(value).flatMap(([key, inner]) => [...tracesIn(key), ...tracesIn(inner)]);
  const text = value instanceof mongoose.mongo.Binary ? Buffer.from(value.value()).toString('latin1') : String(value);
  return isTrace(text) || decodings(text).some(isTrace) ? [text] : [];
}

const isTrace = (text: string) =>
  /Orla|QUILL|Quillfeather/.test(text) || text.replace(/[^\d]/g, '').includes('7700900123');

function decodings(text: string): string[] {
  return [...text.matchAll(/[A-Za-z0-9+/]{12,}={0,2}/g)].flatMap(([token]) =>
    [0, 1, 2, 3].map((from) => Buffer.from(token.slice(from), 'base64').toString('latin1')),
  );
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** What holds nothing of the person is as it was; what does keeps its kind: a list a list, a number a number or null. */
function expectOthersAsBefore(before: unknown, after: unknown, where: string): void {
  if (after === undefined && tracesIn(before).length > 0) return;
  if (isObject(before)) {
    expect([where, isObject(after)]).toEqual([where, true]);
    for (const [key, value] of Object.entries(before))
      if (tracesIn(key).length === 0) expectOthersAsBefore(value, (after as Document)[key], `${where}.${key}`);
  } else if (Array.isArray(before)) {
    expect([where, Array.isArray(after)]).toEqual([where, true]);
    if (before.length === (after as unknown[]).length)
      for (const [index, value] of before.entries())
        expectOthersAsBefore(value, (after as unknown[])[index], `${where}[]`);
  } else if (/OTHER|Bram|7700900456/.test(String(before)) && tracesIn(before).length === 0)
    expect([where, String(after)]).toEqual([where, String(before)]);
  else if (typeof before === 'number' && tracesIn(before).length === 0) expect([where, after]).toEqual([where, before]);
  else if (typeof before === 'number')
    expect([where, after === null || typeof after === 'number']).toEqual([where, true]);
}
