import { afterEach, describe, expect, it } from '@jest/globals';
import { type Database, openDatabase } from '../../src/base/db/connection.ts';
import { startMongoProxy } from '../support/chaos-mongo.ts';
import { engines } from '../support/platform.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const CLIENTS = 6;
const CYCLES = 12;
const POOL = 24;

describe('a pool whose connections all end at once', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('leaves no command without an answer', async () => {
    const clients = Array.from({ length: CLIENTS }, async () => {
      const proxy = await startMongoProxy(engines().mongodbUri);
      closers.push(proxy.close);
      const database = openDatabase({
        uri: proxy.uri,
        database: `t-sockets-${process.pid}`,
        poolSize: POOL,
        serverSelectionMs: 2_000,
      });
      closers.push(database.close);
      return askAndCut(database, proxy);
    });
    for (const answered of await Promise.all(clients)) expect(answered).toBeGreaterThan(CYCLES * POOL);
  });
});

/** Asks on every turn of the event loop while connections end between the turns. @returns how often it was answered */
async function askAndCut({ db }: Database, proxy: TcpProxy): Promise<number> {
  let underWay = 0;
  let answered = 0;
  const ask = async () => {
    underWay += 1;
    // An error is an answer, too.
    await db
      .collection('nothing')
      .findOne({})
      .catch(() => {});
    underWay -= 1;
    answered += 1;
  };
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    await Promise.all(Array.from({ length: POOL }, ask));
    const enough = answered + POOL;
    proxy.cut();
    while (answered < enough) {
      if (underWay < 6) void ask();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitFor('every command to be answered', () => underWay === 0);
  }
  return answered;
}
