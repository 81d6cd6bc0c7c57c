import mongoose from 'mongoose';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import { redactDigitRuns } from '../../phone/scan.ts';
import type { Spotter } from '../numbers/spot.ts';

/** More digits than any number has: an id. */
const LONGER_THAN_NUMBERS = /^-?\d{16,}$/;

/** What is shown in place of an `_id` that is or holds a number. */
export const NUMBER_IN_ID = '(holds a number)';

/** An `_id` for a person to find the record by; what may be somebody's number in it is not shown. */
export function describeId(id: unknown, spotter: Spotter): string {
  const type = bsonTypeOf(id);
  if (type === 'string') return spotter.mayHold(id) ? NUMBER_IN_ID : JSON.stringify(id);
  if (type === 'number')
    return !LONGER_THAN_NUMBERS.test(String(id)) && spotter.mayHold(id) ? NUMBER_IN_ID : String(id);
  if (type === 'objectId') return String(id);
  if (type === 'date') return (id as Date).toISOString();
  if (id instanceof mongoose.mongo.Binary && id.sub_type === mongoose.mongo.Binary.SUBTYPE_UUID)
    return id.toUUID().toString();
  return redactDigitRuns(mongoose.mongo.BSON.EJSON.stringify(id, { relaxed: true }));
}
