import { z } from 'zod';
import { wholeNumber } from '../http/fields.ts';

const LONGEST_NAME = 200;
/** Legs on one page. */
const PAGE = { usual: 10, most: 100 } as const;
const FURTHEST = 1_000_000;

const text = (most: number) =>
  z.string({ error: 'must be a string' }).max(most, `must have ${most} characters at most`);

export const userSchema = z.strictObject({
  name: text(LONGEST_NAME).min(1, 'must not be empty').meta({ description: "The user's handle" }),
  display_name: text(LONGEST_NAME).nullish().meta({ description: 'Taken out unless given' }),
  properties: z
    .record(z.string(), z.unknown(), { error: 'must be an object' })
    .refine(
      (value) => isStorable(value, 0),
      'must have names without dots, none that begins with $ or that the database keeps for itself, and 20 levels at most',
    )
    .nullish()
    .meta({ description: 'Taken out unless given' }),
});

const conversation = text(200).min(1, 'must not be empty').optional();

export const legsSchema = z.object({
  conversation_uuid: conversation.meta({ description: 'The legs of this call alone' }),
  /** The spelling of the overview document. */
  conversationUuid: conversation.meta({ description: 'As conversation_uuid' }),
  page_size: wholeNumber(1, PAGE.most).default(PAGE.usual),
  record_index: wholeNumber(0, FURTHEST).default(0).meta({ description: 'How many legs to leave out' }),
});

export const idParams = z.object({ id: z.string() });
export const eventParams = z.object({ conversation: z.string(), event: z.string() });

/** The name of a field: no operator, no path, and no name that the driver reads as a type of its own. */
const FIELD_NAME = /^(?!\$|__proto__$|_bsontype$)[^.\0]{1,200}$/;
const DEEPEST = 20;

function isStorable(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth > DEEPEST) return false;
  return Object.entries(value).every(([name, inner]) => FIELD_NAME.test(name) && isStorable(inner, depth + 1));
}
