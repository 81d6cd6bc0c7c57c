import { z } from 'zod';
import { ACCOUNT_SCOPES, ROLE_NAMES } from '../../src/ledger/accounts/scopes.ts';
import { faultOfPassword, isEmail } from '../../src/ledger/people/people.ts';
import { label } from '../http/fields.ts';

/** A password as it is typed to sign in: any rule but its length would tell how passwords are made. */
const typed = z.string({ error: 'must be a text' }).max(1_000, 'is too long');

/** A password that is chosen. */
const chosen = typed.superRefine((password, context) => {
  const fault = faultOfPassword(password);
  if (fault !== null) context.addIssue({ code: 'custom', message: fault });
});

const email = z
  .string({ error: 'must be a text' })
  .trim()
  .min(1, 'must have 1 to 200 characters')
  .max(200, 'must have 1 to 200 characters')
  .refine(isEmail, 'must be an e-mail address, without a number that may be a telephone');

export const signInSchema = z.strictObject({
  email: typed,
  password: typed,
  totp: typed.optional().meta({ description: 'The six digits of the authenticator app' }),
});

export const oidcStartSchema = z.object({
  to: z
    .string({ error: 'must be a path of the console' })
    .regex(/^\/console(\/[A-Za-z0-9/-]{0,100})?$/, 'must be a path of the console')
    .optional()
    .meta({ description: 'The page of the console to show afterwards' }),
});

export const passwordSchema = z.strictObject({ current: typed, password: chosen });

const accountId = z.string({ error: 'must be a text' }).regex(/^acc_[A-Za-z0-9]{12}$/, 'must be the id of an account');

export const personSchema = z
  .strictObject({
    email,
    name: label(200),
    role: z.enum(ROLE_NAMES, { error: `must be one of ${ROLE_NAMES.join(', ')}` }),
    account: accountId.optional().meta({ description: 'One account' }),
    agency: accountId.optional().meta({ description: 'An agency with its sub-accounts' }),
    all: z.literal(true, { error: 'must be true' }).optional().meta({ description: 'All accounts' }),
    totp: z.boolean({ error: 'must be true or false' }).optional(),
  })
  .refine(
    ({ account, agency, all }) => [account, agency, all].filter((one) => one !== undefined).length === 1,
    'must name one of account, agency, all',
  );

export const resetSchema = z.strictObject({
  totp: z
    .boolean({ error: 'must be true or false' })
    .optional()
    .meta({ description: 'true: a new secret for the app; false: without one-time passwords; otherwise as it is' }),
});

export const keySchema = z.strictObject({
  label: label(200),
  scopes: z
    .array(z.enum(ACCOUNT_SCOPES, { error: `must be of ${ACCOUNT_SCOPES.join(', ')}` }), { error: 'must be a list' })
    .min(1, 'must have one scope or more')
    .optional()
    .meta({ description: 'All of them unless given' }),
  expires_at: z.iso
    .datetime({ error: 'must be a moment as 2026-12-31T00:00:00Z' })
    .optional()
    .meta({ description: 'From then on it is refused; never unless given' }),
});

export const personParams = z.object({ person: z.string().meta({ example: 'usr_abcdefghijklmnopabcdefgh' }) });
export const keyParams = z.object({ key: z.string().meta({ example: 'aB3dE6gH9jK2mN5p' }) });
