export interface TurnSignal {
  readonly signal: AbortSignal;
  /** To be called when the turn is over. */
  release(): void;
}

/**
 * A signal that is aborted when one of others is. `AbortSignal.any` of Node 20 leaves something of each turn on the
 * signal that lives as long as the worker does; nothing of it is left here once it is released.
 */
export function turnSignal(...others: (AbortSignal | undefined)[]): TurnSignal {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const other of others) {
    if (other?.aborted) abort();
    other?.addEventListener('abort', abort, { once: true });
  }
  return {
    signal: controller.signal,
    release() {
      for (const other of others) other?.removeEventListener('abort', abort);
    },
  };
}
