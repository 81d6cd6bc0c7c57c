import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import tls from 'node:tls';

const CLIENT_SOCKETS = 'net.client.socket';

/**
 * Works around a hang of MongoDB's driver (7.8): a write that waits for `drain` on a destroyed socket never fails.
 *
 * The driver waits for `drain` when a socket does not take a write at once. A destroyed socket that has not said `close`
 * yet, as all of a pool are for a moment when the server goes down, never drains and raises no error: the command would
 * wait for ever, and the server's monitor with it. `socketTimeoutMS` does not help.
 *
 * Node announces plain sockets only. For those over TLS `tls.connect` is wrapped: the driver calls it through its module.
 *
 * @returns a function that ends the watch
 */
export function failBrokenWrites(): () => void {
  const announced = (message: unknown) => watch((message as { socket: Socket }).socket);
  subscribe(CLIENT_SOCKETS, announced);
  watchTls();
  return () => {
    unsubscribe(CLIENT_SOCKETS, announced);
    unwatchTls();
  };
}

function watch(socket: Socket): void {
  socket.once('close', () => {
    // Without a listener for it an error would end the process.
    if (socket.listenerCount('drain') === 0 || socket.listenerCount('error') === 0) return;
    socket.emit('error', Object.assign(new Error('closed before it took a write'), { code: 'ECONNRESET' }));
  });
}

let watchers = 0;
let connect = tls.connect;

/** Wrapped once, however many databases a process opens: they may be closed in any order. */
function watchTls(): void {
  watchers += 1;
  if (watchers > 1) return;
  connect = tls.connect;
  tls.connect = ((...args: Parameters<typeof tls.connect>) => {
    const socket = connect(...args);
    watch(socket);
    return socket;
  }) as typeof tls.connect;
}

function unwatchTls(): void {
  watchers -= 1;
  if (watchers === 0) tls.connect = connect;
}
