import { z } from 'zod';
import { DIRECTIONS, INTERACTION_KINDS } from '../../src/engine/map/schema.ts';
import { AUTOMATIC } from '../../src/ledger/accounts/accounts.ts';
import { STATES } from '../../src/ledger/requests/ledger.ts';

const time = z.iso.datetime();
const count = z.int().min(0);

const inForce = { manual: z.boolean(), automatic: z.literal(AUTOMATIC) };

export const settingsAnswer = z.object({
  account: z.string(),
  agency: z.string().nullable(),
  allow_sub_accounts: z.boolean().optional().meta({ description: 'Of an agency only' }),
  ...inForce,
  time_zone: z.string(),
  effective: z.object(inForce),
});

const interaction = z.object({
  id: z.string().nullable(),
  kind: z.enum(INTERACTION_KINDS),
  direction: z.enum(DIRECTIONS).nullable(),
  at: time.nullable(),
  status: z.string().nullable(),
  tracking_number: z.string().nullable().meta({ description: "The account's own number" }),
  source: z.string().nullable(),
  call_flow: z.unknown(),
  redacted: z.boolean(),
  redacted_at: time.nullable(),
  contact_number: z.string().nullable(),
  personal: z.record(z.string(), z.unknown()).meta({ description: 'By the paths of the data map; null once redacted' }),
});

export const logAnswer = z.object({ interactions: z.array(interaction), next: z.string().nullable() });

export const redactionAnswer = z.object({
  reference: z.string(),
  state: z.enum(STATES),
  created_at: time,
  due_at: time,
  completed_at: time.nullable(),
  before: time.nullable(),
  redacted: z.record(z.string(), count),
});

export const redactedAnswer = interaction;
export const redactingAnswer = redactionAnswer.extend({ interaction });

export const pastAnswer = z.object({
  before: time.meta({ description: 'The time of the interaction: that and what is later stays' }),
  counts: z.record(z.string(), count),
  total: count,
});
