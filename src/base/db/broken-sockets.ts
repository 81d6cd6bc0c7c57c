import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const CLIENT_SOCKETS = 'net.client.socket';

/**
 * Makes a write fail that its socket will never take.
 *
 * MongoDB's driver (7.8) waits for `drain` when a socket does not take a write at once. One that is destroyed and has not
 * said `close` yet, as every connection of a pool is for a moment when the server goes down, takes nothing, never
 * drains and raises no error: the command would wait for ever, and the server's monitor with it. Plain sockets only:
 * Node announces no others.
 *
 * @returns a function that ends the watch
 */
export function failBrokenWrites(): () => void {
  const watch = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    socket.once('close', () => {
      // Without a listener for it an error would end the process.
      if (socket.listenerCount('drain') === 0 || socket.listenerCount('error') === 0) return;
      socket.emit('error', Object.assign(new Error('closed before it took a write'), { code: 'ECONNRESET' }));
    });
  };
  subscribe(CLIENT_SOCKETS, watch);
  return () => {
    unsubscribe(CLIENT_SOCKETS, watch);
  };
}
