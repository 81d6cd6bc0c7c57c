import mongoose from 'mongoose';
import type { AccountValue } from '../../../src/engine/subject.ts';

type Document = Record<string, unknown>;

/** A platform in small: its records, how Lethe is told of them, and the models it opens them with. */
export interface DataSet {
  /** A data map of version 2. */
  readonly map: string;
  /** What its records hold for the account that is asked. */
  readonly account: AccountValue;
  readonly records: Readonly<Record<string, readonly Document[]>>;
  /** The platform's own schemas, by collection. */
  readonly schemas?: Readonly<Record<string, mongoose.SchemaDefinition>>;
  /** What stays by right, with its collection: records of another tenant, a name in somebody else's words. */
  readonly stays?: readonly string[];
}

/** The person who asks, in texts and names; and somebody else. */
export const ORLA = '447700900123';
export const BRAM = '447700900456';
export const BLACKLIST = '- { collection: blacklist, record: suppression, numbers: [ number ] }';

export const { Mixed } = mongoose.Schema.Types;
export const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
/** An id as WhatsApp's Cloud API gives to messages: the number stands in it, in base64. */
export const messageId = (number: string, rest: string) =>
  `wamid.${base64(`\x1c\x18\x0c${number}\x15\x02\x00\x11\x18\x12${rest}`)}`;
