import { ErasureFailure } from '../base/errors.ts';
import type { Rewrite } from './rewrite/edits.ts';

/** Update errors that say "this value is not of the shape the map promised". */
const SHAPE_ERRORS = new Set([2, 14, 28, 16837]);
/**
 * Errors raised when a new value violates the platform's own unique index (11000) or validator (121), makes the record too
 * large (10334) or an index key too long (17280), or stands where nobody may write (66).
 */
const REFUSALS = new Set([11000, 121, 10334, 17280, 66]);
/** What a cluster answers to an update of many records that changes what they are sharded by (InvalidOptions). */
const SHARD_KEY_ERRORS = new Set([72]);

/** Is a record to blame for this error of an update, and not the database? */
export function isRecordFault(error: unknown): boolean {
  return [SHAPE_ERRORS, REFUSALS, SHARD_KEY_ERRORS].some((codes) => hasCode(error, codes));
}

/**
 * Maps an error of an update: those of shape, uniqueness and sharding become ErasureFailures, others pass through.
 * @param rule names the place in the failure
 * @returns what to throw
 */
export function updateFailure(error: unknown, rule: { readonly key: string }): unknown {
  if (hasCode(error, SHAPE_ERRORS)) return new ErasureFailure('unsupported_type', rule.key);
  if (hasCode(error, SHARD_KEY_ERRORS)) return new ErasureFailure('shard_key', rule.key);
  return hasCode(error, REFUSALS) ? new ErasureFailure('refused', rule.key) : error;
}

/** @throws ErasureFailure for the first thing that a rewrite could not erase */
export function assertErased({ failures: [first] }: Rewrite, name: string): void {
  if (first) throw new ErasureFailure(first.why, `${name}.${first.path}`);
}

function hasCode(error: unknown, wanted: ReadonlySet<number>): boolean {
  const codes = [
    (error as { code?: unknown }).code,
    ...((error as { writeErrors?: { code?: unknown }[] }).writeErrors ?? []).map((one) => one.code),
  ];
  return codes.some((code) => typeof code === 'number' && wanted.has(code));
}
