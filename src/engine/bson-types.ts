/** Every BSON type by the alias that `$type` takes (MongoDB manual, "BSON Types"), deprecated ones included. */
const BSON_TYPES = [
  'double',
  'string',
  'object',
  'array',
  'binData',
  'undefined',
  'objectId',
  'bool',
  'date',
  'null',
  'regex',
  'dbPointer',
  'javascript',
  'symbol',
  'javascriptWithScope',
  'int',
  'timestamp',
  'long',
  'decimal',
  'minKey',
  'maxKey',
] as const;

type BsonType = (typeof BSON_TYPES)[number];

const without = (...left: readonly BsonType[]): readonly BsonType[] =>
  BSON_TYPES.filter((type) => !left.includes(type));

/**
 * Types that are no date. Null is asked for together with a missing field, and arrays by their elements: for `$type` with
 * `array` MongoDB reads every record of an index.
 */
export const NO_DATES = without('date', 'null', 'array');
/** Types that are no number, for times that are counted. */
export const NO_NUMBERS = without('int', 'long', 'double', 'decimal', 'null', 'array');
/** Types that are no text, for times that are written. */
export const NO_TEXTS = without('string', 'null', 'array');

/**
 * Types in which no number can be erased by its value. A symbol is found by its text; null and undefined hold nothing.
 * Arrays stand apart: a field that holds one and is not mapped with `[]` is left by the sweep, and found by the
 * verification.
 */
export const UNREADABLE_TYPES = without(
  'string',
  'symbol',
  'int',
  'long',
  'double',
  'decimal',
  'null',
  'undefined',
  'array',
);
