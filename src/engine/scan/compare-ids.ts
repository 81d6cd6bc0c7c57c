import mongoose from 'mongoose';

const { ObjectId, UUID, Long } = mongoose.mongo;

/**
 * Compares two `_id`s as MongoDB sorts them, as far as their types are ones an `_id` usually has. Texts are sorted by the
 * collation of their collection, which is not known here.
 * @returns below 0, 0 or above 0; undefined where the order is not known (texts, documents, dates beside numbers, ...)
 * @see MongoDB manual, "BSON types: comparison and sort order"
 */
export function compareIds(one: unknown, other: unknown): number | undefined {
  if (typeof one === 'string' && one === other) return 0;
  if (isUuid(one) && isUuid(other)) return Buffer.compare(bytesOf(one), bytesOf(other));
  if (one instanceof ObjectId && other instanceof ObjectId) return compare(one.toHexString(), other.toHexString());
  if (one instanceof Date && other instanceof Date) return compare(one.getTime(), other.getTime());
  const [first, second] = [wholeNumber(one), wholeNumber(other)];
  return first === undefined || second === undefined ? undefined : compare(first, second);
}

function isUuid(value: unknown): value is InstanceType<typeof UUID> {
  return value instanceof UUID;
}

function bytesOf(uuid: InstanceType<typeof UUID>): Uint8Array {
  return Buffer.from(uuid.buffer);
}

function wholeNumber(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (value instanceof Long) return value.toBigInt();
  return typeof value === 'bigint' ? value : undefined;
}

function compare<Value extends string | number | bigint>(one: Value, other: Value): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
