const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm and tsx pass on a Ctrl-C that the terminal has sent to everybody already: one press may arrive several times. */
const ONE_PRESS_MS = 1_000;

/** Somebody's wish that this process stops. */
export interface Interruption {
  /** Aborted with the first signal. */
  readonly signal: AbortSignal;
  /** Resolves with null then. */
  readonly requested: Promise<null>;
  /** Gives the signals back. */
  release(): void;
}

/** Catches Ctrl-C and its like. A second one, later, ends this process at once; guards end its children then. */
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
