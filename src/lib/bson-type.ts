/**
 * The name of a value's BSON type as an operator knows it; every numeric type is `number`.
 * What the driver gives back for an absent field is `missing`.
 */
export function bsonTypeOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (value instanceof RegExp) return 'regex';
  if (value instanceof Uint8Array) return 'binData';
  if (typeof value === 'bigint') return 'number';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'object') return typeof value;
  const named = (value as { _bsontype?: unknown })._bsontype;
  return typeof named === 'string' ? (NAMES[named] ?? named) : 'object';
}

const NAMES: Record<string, string> = {
  Int32: 'number',
  Long: 'number',
  Double: 'number',
  Decimal128: 'number',
  ObjectId: 'objectId',
  Binary: 'binData',
  UUID: 'binData',
  BSONRegExp: 'regex',
  Code: 'javascript',
  Timestamp: 'timestamp',
  BSONSymbol: 'symbol',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
  // A document with the fields `$ref` and `$id`, for which the driver has a class.
  DBRef: 'object',
};
