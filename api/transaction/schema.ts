import { z } from 'zod';
import { LONGEST_ID } from '../../src/engine/by-id.ts';
import { DIRECTIONS, type Direction, PRODUCTS, type Product } from '../../src/engine/map/schema.ts';
import { isSpeakable } from '../../src/phone/hide-digits.ts';

/** The official SDKs write `NumberInsight` and `VerifySDK`, the source document `number-insight` and `verify-sdk`. */
const plain = (text: string) => text.toLowerCase().replace(/[-_]/g, '');

const PRODUCT_OF: ReadonlyMap<string, Product> = new Map(PRODUCTS.map((product) => [plain(product), product]));

/** The longest unknown product that an answer repeats. */
const LONGEST_PRODUCT = 60;

const product = z
  .string({ error: 'No product was supplied' })
  .transform((text, context): Product => {
    const known = PRODUCT_OF.get(plain(text));
    if (known) return known;
    const shown = text !== '' && text.length <= LONGEST_PRODUCT && isSpeakable(text) ? ` ${text}` : '';
    context.addIssue({ code: 'custom', message: `No product corresponding to supplied string${shown}` });
    return z.NEVER;
  })
  .meta({ type: 'string', enum: [...PRODUCTS], description: 'In any case, with or without dashes' });

const direction = z
  .string({ error: 'must be inbound or outbound' })
  .transform((text, context): Direction => {
    const known = DIRECTIONS.find((one) => one === plain(text));
    if (known) return known;
    context.addIssue({ code: 'custom', message: 'must be inbound or outbound' });
    return z.NEVER;
  })
  .meta({ type: 'string', enum: [...DIRECTIONS] });

/** An id that customers know a record by. */
const recordId = z
  .string({ error: 'must be a string' })
  .min(1, 'must not be empty')
  .max(LONGEST_ID, `must have ${LONGEST_ID} characters at most`);

export const redactSchema = z.strictObject({
  id: recordId.meta({ description: 'The transaction, e.g. the message id' }),
  product,
  type: direction.nullish().meta({ description: 'outbound unless given' }),
});
