import tls from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openDatabase } from '../../src/base/db/connection.ts';
import { engines } from '../support/platform.ts';
import { startTlsProxy } from '../support/tls-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const ROUNDS = 5;

describe('a connection over TLS whose socket is destroyed and has not said so yet', () => {
  const closers: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('leaves no command without an answer', async () => {
    const sockets = watchSockets();
    const { hostname, port } = new URL(engines().mongodbUri.replace('mongodb:', 'tcp:'));
    const proxy = await startTlsProxy({ host: hostname, port: Number(port) });
    closers.push(proxy.close);
    const uri = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true&tls=true&tlsAllowInvalidCertificates=true`;
    const { db, close } = openDatabase({ uri, database: 't-tls', poolSize: 1, serverSelectionMs: 2_000 });
    closers.push(close);
    for (let round = 0; round < ROUNDS; round += 1) {
      await waitFor('a connection', () =>
        db.command({ ping: 1 }).then(
          () => true,
          () => false,
        ),
      );
      for (const socket of sockets.splice(0)) socket.destroy();
      let answered = false;
      // An error is an answer, too.
      void db
        .collection('nothing')
        .findOne({})
        .catch(() => {})
        .finally(() => {
          answered = true;
        });
      await waitFor('an answer', () => answered);
    }
    expect(sockets.every((socket) => socket.encrypted)).toBe(true);
  });

  it('leaves tls as it was, once the last database is closed', async () => {
    const before = tls.connect;
    const open = () =>
      openDatabase({ uri: 'mongodb://127.0.0.1:9', database: 't', poolSize: 1, serverSelectionMs: 10 });
    const [first, second] = [open(), open()];
    await first.close();
    expect(tls.connect).not.toBe(before);
    await second.close();
    expect(tls.connect).toBe(before);
  });

  /** The sockets that are opened over TLS from now on. */
  function watchSockets(): tls.TLSSocket[] {
    const sockets: tls.TLSSocket[] = [];
    const real = tls.connect;
    tls.connect = ((...args: Parameters<typeof tls.connect>) => {
      const socket = real(...args);
      sockets.push(socket);
      return socket;
    }) as typeof tls.connect;
    closers.push(() => {
      tls.connect = real;
    });
    return sockets;
  }
});
