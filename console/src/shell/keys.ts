import { useEffect } from 'react';

export interface KeyHandlers {
  readonly focusSearch: () => void;
  readonly openPalette: () => void;
  readonly openHelp: () => void;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement ||
    (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type)));

/** The keys that work everywhere: `/`, `?`, ctrl-K, and j, k and Enter over the rows of a table. */
export function useKeys({ focusSearch, openPalette, openHelp }: KeyHandlers): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const act = actionOf(event, { focusSearch, openPalette, openHelp });
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [focusSearch, openPalette, openHelp]);
}

function actionOf(event: KeyboardEvent, handlers: KeyHandlers): (() => void) | undefined {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') return handlers.openPalette;
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return undefined;
  // A window over the view has the keys for itself.
  if (document.querySelector('[role="dialog"], [role="menu"]')) return undefined;
  if (event.key === '/') return handlers.focusSearch;
  if (event.key === '?') return handlers.openHelp;
  if (event.key === 'j') return () => moveRow(1);
  if (event.key === 'k') return () => moveRow(-1);
  const row = event.target instanceof HTMLElement && event.target.matches('[data-row]') ? event.target : undefined;
  const link = event.key === 'Enter' ? row?.querySelector<HTMLElement>('a, button') : undefined;
  return link ? () => link.click() : undefined;
}

function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? (by === 1 ? 0 : rows.length - 1) : at + by;
  const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
  row?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}
