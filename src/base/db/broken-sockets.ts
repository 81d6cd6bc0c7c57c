import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const CLIENT_SOCKETS = 'net.client.socket';

/**
 * Works around a hang of MongoDB's driver (7.8): a write that waits for `drain` on a destroyed socket never fails.
 *
 * The driver waits for `drain` when a socket does not take a write at once. A destroyed socket that has not said `close`
 * yet, as all of a pool are for a moment when the server goes down, never drains and raises no error: the command would
 * wait for ever, and the server's monitor with it. Plain sockets only: Node announces no others.
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
