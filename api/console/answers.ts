import { z } from 'zod';
import { ACCOUNT_SCOPES, ROLE_NAMES, SCOPES } from '../../src/ledger/accounts/scopes.ts';

const time = z.iso.datetime();

const accounts = z
  .union([z.literal('all'), z.array(z.object({ id: z.string(), name: z.string() }))])
  .meta({ description: 'By name; all of them are not listed' });

export const sessionAnswer = z.object({
  user: z.object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: z.enum(ROLE_NAMES),
    scopes: z.array(z.enum(SCOPES)),
    accounts,
  }),
  csrf: z.string().meta({ description: 'For the header X-CSRF-Token of every write' }),
  expires_at: time,
  environment: z.string().optional(),
});

export const oidcAnswer = z.object({
  enabled: z.boolean(),
  name: z.string().optional().meta({ description: 'What people call the provider' }),
});

export const accountsAnswer = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      parent_id: z.string().optional().meta({ description: 'The agency of a sub-account' }),
      time_zone: z.string(),
      agency: z.boolean(),
      disabled: z.literal(true).optional().meta({ description: 'Nothing can be done on it' }),
    }),
  ),
});

export const personAnswer = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLE_NAMES),
  covers: z.enum(['account', 'agency', 'all']),
  accounts,
  disabled: z.boolean(),
  totp: z.boolean(),
  created_at: time,
  last_sign_in: time.optional(),
});
export const peopleAnswer = z.object({ items: z.array(personAnswer) });
export const newPersonAnswer = personAnswer.extend({
  password: z.string().meta({ description: 'Shown once' }),
  totp_address: z.string().optional().meta({ description: 'For an authenticator app; shown once' }),
});

export const keyAnswer = z.object({
  id: z.string(),
  label: z.string(),
  scopes: z.array(z.enum(ACCOUNT_SCOPES)),
  created_at: time,
  expires_at: time.optional(),
  last_used_at: time.optional(),
  revoked: z.boolean(),
  revoked_at: time.optional(),
});
export const keysAnswer = z.object({ items: z.array(keyAnswer) });
export const newKeyAnswer = keyAnswer.extend({ key: z.string().meta({ description: 'The whole of it, shown once' }) });
