import type { Refused } from '../../engine/by-halves.ts';
import { speakableId } from '../../lib/speakable-id.ts';
import { type ErasureRequest, MOST_NAMED, type RecordFailure, type RequestFailure } from './ledger.ts';

/**
 * The failure of a request because of records that could not be changed, all others being done.
 * @param refused those that a sweep came upon
 * @param scan what a scan has left with the request; most of what a sweep comes upon, it comes upon, too
 * @returns null: there is none
 */
export function failureOf(
  refused: readonly Refused[],
  scan: ErasureRequest['scan'],
): Omit<RequestFailure, 'at'> | null {
  const swept = refused.slice(0, MOST_NAMED).map(({ id, why, where }): RecordFailure => {
    const spoken = speakableId(id);
    return { name: why, where, ...(spoken !== undefined && { id: spoken }) };
  });
  const scanned = scan?.failures ?? [];
  const records = withoutRepeats([...swept, ...scanned]).slice(0, MOST_NAMED);
  const [first] = records;
  if (first === undefined) return null;
  // Beyond those that are named, nobody can tell which of them both came upon.
  const count = Math.max(refused.length, scan?.failed ?? 0, records.length);
  const beside = [
    ...(first.id === undefined ? [] : [`_id ${first.id}`]),
    ...(count > 1 ? [`${first.id === undefined ? '' : 'and '}${count - 1} more`] : []),
  ].join(', ');
  return { name: first.name, where: first.where + (beside === '' ? '' : ` (${beside})`), count, records };
}

/** A record in both lists is one, whatever path each of them came upon it at. */
function withoutRepeats(records: readonly RecordFailure[]): RecordFailure[] {
  const seen = new Set<string>();
  return records.filter(({ where, id }) => {
    if (id === undefined) return true;
    const key = `${where.split('.', 1)[0]} ${id}`;
    return !seen.has(key) && seen.add(key);
  });
}
