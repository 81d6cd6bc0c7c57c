import type { Interaction } from '../../api/types.ts';

/** The oldest first: the past of one then never takes the number of another that is still to come. */
export const oldestFirst = (interactions: readonly Interaction[]): Interaction[] =>
  [...interactions].sort((a, b) => (a.at ?? '').localeCompare(b.at ?? ''));

/** The newest one of each contact: its past is that of the others, too. One without a number stands for itself. */
export function newestOfEach(interactions: readonly Interaction[]): Interaction[] {
  const newest = new Map<string, Interaction>();
  for (const one of oldestFirst(interactions)) newest.set(one.contact_number ?? `id ${one.id}`, one);
  return [...newest.values()];
}

/** Where something is asked of one interaction. */
export const pathOf = (account: string, { id, kind, direction }: Interaction, what: 'redact' | 'past') => ({
  path: `/accounts/${account}/interactions/${encodeURIComponent(id ?? '')}/${what}`,
  query: { kind, direction: direction ?? undefined },
});
