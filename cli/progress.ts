import type { OnProgress } from '../src/ops/collections/progress.ts';
import type { CommandContext } from './context.ts';

/** Work that is done by then shows no progress. */
const QUIET_MS = 2_000;
const REDRAW_MS = 100;
const LINE_MS = 10_000;
const BAR = 20;

/** Shows how far a long reading has come. */
export interface Progress {
  readonly onProgress: OnProgress;
  /** Takes the bar away; lines of the result may follow. */
  clear(): void;
}

/**
 * Progress on standard error, once the work takes longer than two seconds: a bar that is redrawn on a terminal, a line
 * now and then elsewhere.
 * @param unit what is counted
 * @param clock milliseconds
 */
export function createProgress(
  context: Pick<CommandContext, 'note' | 'status'>,
  unit = 'records',
  clock = () => Date.now(),
): Progress {
  const begun = clock();
  let shown = begun + QUIET_MS;
  let isDrawn = false;
  return {
    onProgress({ place, read, total }) {
      const now = clock();
      if (now < shown) return;
      shown = now + (context.status === undefined ? LINE_MS : REDRAW_MS);
      const share = total > 0 ? Math.min(1, read / total) : undefined;
      const count = `${read}${share === undefined ? '' : ` of about ${total}`} ${unit}`;
      if (context.status === undefined) {
        context.note(`${place}: ${count}${share === undefined ? '' : ` (${Math.floor(share * 100)} %)`}`);
        return;
      }
      isDrawn = true;
      const full = Math.round((share ?? 0) * BAR);
      const bar = share === undefined ? '' : `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] `;
      context.status(`${bar}${place}: ${count}`);
    },
    clear() {
      if (isDrawn) context.status?.('');
      isDrawn = false;
    },
  };
}
