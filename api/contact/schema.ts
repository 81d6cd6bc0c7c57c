import { z } from 'zod';
import { LetheError } from '../../src/base/errors.ts';
import { type PhoneNumber, parseE164Form } from '../../src/phone/number.ts';

const RULE = 'e164 must be a phone number in E.164 form: 7 to 15 digits, country code first, not led by a zero';

/** The path's number. `%2B` and a bare `+` are decoded alike, and the plus may be missing. */
export const contactParams = z.object({
  e164: z
    .string()
    .transform((text, context): PhoneNumber => {
      const parsed = parseE164Form(text);
      if (parsed.ok) return parsed.number;
      context.addIssue({ code: 'custom', message: RULE });
      return z.NEVER;
    })
    .meta({ description: 'E.164: 7 to 15 digits after an optional plus', example: '+2348031234567' }),
});

/** @throws LetheError `bad_input`, which does not repeat the path */
export function readNumber(params: unknown): PhoneNumber {
  const result = contactParams.safeParse(params);
  if (result.success) return result.data.e164;
  throw new LetheError('bad_input', RULE);
}
