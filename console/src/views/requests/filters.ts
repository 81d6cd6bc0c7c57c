/** The filters of the table, as they stand in the address. No number is ever among them. */
const FILTERS = ['state', 'overdue', 'failed', 'waiting', 'profile', 'from', 'to', 'sort', 'cursor'] as const;
type FilterName = (typeof FILTERS)[number];
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

export function readFilters(search: string): Filters {
  const given = new URLSearchParams(search);
  return Object.fromEntries(FILTERS.flatMap((name) => (given.get(name) ? [[name, given.get(name)]] : [])));
}

/** @returns the part of an address behind the question mark, and the mark; empty without filters */
export function writeFilters(filters: Filters): string {
  const pairs = FILTERS.flatMap((name): [string, string][] => (filters[name] ? [[name, filters[name]]] : []));
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

/** Views that everybody has: the questions asked most. */
export const VIEWS: readonly { readonly name: string; readonly filters: Filters }[] = [
  { name: 'Open', filters: {} },
  { name: 'Overdue', filters: { overdue: 'true' } },
  { name: 'Failed', filters: { failed: 'true' } },
  { name: 'Waiting', filters: { waiting: 'true' } },
  { name: 'Gone', filters: { state: 'completed' } },
  { name: 'All', filters: { sort: 'newest' } },
];

/** What is asked for: without a state, what is open, the nearest deadline first. */
export const queryOf = (filters: Filters): Filters => ({
  ...filters,
  sort: filters.sort ?? (['completed', 'cancelled'].includes(filters.state ?? '') ? 'newest' : 'due'),
});

/** Are these the filters of a view, wherever its pages stand? */
export const isView = ({ cursor: _one, ...shown }: Filters, { cursor: _other, ...view }: Filters): boolean =>
  writeFilters(shown) === writeFilters(view);

export interface SavedView {
  readonly name: string;
  readonly search: string;
}

const SAVED = 'lethe.views';

/** The person's own views, on this device. */
export function readSaved(): readonly SavedView[] {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(SAVED) ?? '[]');
    return Array.isArray(saved) ? saved.filter(isSaved) : [];
  } catch {
    return [];
  }
}

const isSaved = (view: unknown): view is SavedView =>
  typeof (view as SavedView | null)?.name === 'string' && typeof (view as SavedView).search === 'string';

export function writeSaved(views: readonly SavedView[]): void {
  localStorage.setItem(SAVED, JSON.stringify(views));
}
