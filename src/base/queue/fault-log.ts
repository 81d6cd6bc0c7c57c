import type { Logger } from '../log.ts';

const AGAIN_MS = 60_000;
/** Faults told apart. Past that something in them differs each time, and they are begun anew. */
const MOST_KINDS = 50;

/**
 * Logs the faults of a connection without filling the log: a fault at once, and one like it once a minute at most, with
 * how often it came meanwhile. Every connection of a process tries again twice a second while its server is away.
 */
export function createFaultLog(
  logger: Pick<Logger, 'warn'>,
  message: string,
  now: () => number = () => performance.now(),
): (error: Error) => void {
  const kinds = new Map<string, { loggedAt: number; repeated: number }>();
  return (error) => {
    const kind = `${error.name} ${(error as { code?: unknown }).code} ${error.message}`;
    const known = kinds.get(kind);
    if (known && now() - known.loggedAt < AGAIN_MS) {
      known.repeated += 1;
      return;
    }
    if (kinds.size >= MOST_KINDS) kinds.clear();
    kinds.set(kind, { loggedAt: now(), repeated: 0 });
    logger.warn(message, { error, ...(known && known.repeated > 0 && { repeated: known.repeated }) });
  };
}
