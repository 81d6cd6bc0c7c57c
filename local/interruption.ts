const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/**
 * The terminal sends Ctrl-C to every process, and npm and tsx pass it on: one press may arrive several times, on a busy
 * machine seconds apart.
 */
const ONE_PRESS_MS = 3_000;

/** A request to stop this process, by a signal. */
export interface Interruption {
  /** Aborted with the first signal. */
  readonly signal: AbortSignal;
  /** Resolves with null then. */
  readonly requested: Promise<null>;
  /** Gives the signals back. */
  release(): void;
}

/** Catches SIGINT, SIGTERM and SIGHUP. A later second one ends this process at once; guards then end its children. */
export function catchInterruption(onFirst: () => void): Interruption {
  const controller = new AbortController();
  const requested = new Promise<null>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve(null));
  });
  let first = 0;
  const interrupt = () => {
    if (!controller.signal.aborted) {
      first = Date.now();
      controller.abort();
      onFirst();
    } else if (Date.now() - first > ONE_PRESS_MS) process.exit(1);
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  return {
    signal: controller.signal,
    requested,
    release() {
      for (const name of SIGNALS) process.off(name, interrupt);
    },
  };
}
