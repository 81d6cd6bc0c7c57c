import { useSyncExternalStore } from 'react';
import { useZone } from '../shell/accounts.tsx';
import { exactMoment, relativeMoment, shortMoment, utcMoment } from './times.ts';

/** A moment in the account's time zone; the pointer shows it in UTC. */
export function Time({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  const zone = useZone();
  if (!at) return <span>–</span>;
  return (
    <time dateTime={at} title={utcMoment(at)}>
      {exact ? exactMoment(at, zone) : shortMoment(at, zone)}
    </time>
  );
}

/** How long ago, or until when. */
export function Relative({ at }: { at: string | null | undefined }) {
  const now = useNow();
  if (!at) return <span>–</span>;
  return (
    <time dateTime={at} title={utcMoment(at)}>
      {relativeMoment(at, now)}
    </time>
  );
}

let clock = new Date();
const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(() => {
    clock = new Date();
    for (const one of watchers) one();
  }, 1_000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time, to the second: one clock for all that show it. */
export const useNow = (): Date => useSyncExternalStore(watch, () => clock);
