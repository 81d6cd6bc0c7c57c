import { z } from 'zod';

const LONGEST_NAME = 200;
/** Legs on one page. */
const PAGE = { usual: 10, most: 100 } as const;
const FURTHEST = 1_000_000;

const text = (most: number) =>
  z.string({ error: 'must be a string' }).max(most, `must have ${most} characters at most`);

export const userSchema = z.object({
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

const count = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z
    .string({ error: rule })
    .regex(/^\d{1,7}$/, rule)
    .transform(Number)
    .pipe(z.number().min(least, rule).max(most, rule));
};

const conversation = text(200).min(1, 'must not be empty').optional();

export const legsSchema = z.object({
  conversation_uuid: conversation.meta({ description: 'The legs of this call alone' }),
  /** The overview document spells it so. */
  conversationUuid: conversation.meta({ description: 'As conversation_uuid' }),
  page_size: count(1, PAGE.most).default(PAGE.usual),
  record_index: count(0, FURTHEST).default(0).meta({ description: 'How many legs to leave out' }),
});

export const idParams = z.object({ id: z.string() });
export const eventParams = z.object({ conversation: z.string(), event: z.string() });

/** Names that a database takes for an operator or a path, or its driver for a type of its own, are none. */
const FIELD_NAME = /^(?!\$|__proto__$|_bsontype$)[^.\0]{1,200}$/;
const DEEPEST = 20;

function isStorable(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth > DEEPEST) return false;
  return Object.entries(value).every(([name, inner]) => FIELD_NAME.test(name) && isStorable(inner, depth + 1));
}
