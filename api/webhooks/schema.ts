import { z } from 'zod';
import { DELIVERY_STATES } from '../../src/ledger/webhooks/deliveries.ts';
import { EVENT_TYPES } from '../../src/ledger/webhooks/events.ts';
import { label, wholeNumber } from '../http/fields.ts';

const eventTypes = z.array(z.enum(EVENT_TYPES, { error: `must be some of ${EVENT_TYPES.join(', ')}` }));

export const newWebhookSchema = z.strictObject({
  url: z
    .string({ error: 'must be a URL' })

    .meta({ example: 'https://example.com/lethe' }),
  events: eventTypes.min(1, 'must name an event at least').optional().meta({ description: 'All unless given' }),
  label: label(200, 0).default(''),
});

export const webhookParams = z.object({ webhook: z.string() });
export const deliveryParams = z.object({ delivery: z.string() });

export const logSchema = z.object({
  webhook: z
    .string()
    .regex(/^wh_[A-Za-z0-9]{15}$/, 'must be the id of a webhook')
    .optional(),
  state: z.enum(DELIVERY_STATES, { error: `must be one of ${DELIVERY_STATES.join(', ')}` }).optional(),
  limit: wholeNumber(1, 200).default(50),
  cursor: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'is none that was given out here')
    .optional(),
});

const webhook = z.object({
  id: z.string(),
  url: z.string(),
  label: z.string(),
  events: z.array(z.string()),
  created_at: z.string(),
});

export const webhookAnswer = webhook.extend({ secret: z.string() });
export const webhooksAnswer = z.object({ items: z.array(webhook) });

export const deliveryAnswer = z.object({
  id: z.string(),
  message: z.string(),
  webhook: z.string(),
  type: z.string(),
  reference: z.string().optional(),
  state: z.enum(DELIVERY_STATES),
  tries: z.int(),
  created_at: z.string(),
  next_attempt_at: z.string().optional(),
  finished_at: z.string().optional(),
  attempts: z.array(
    z.object({ at: z.string(), ms: z.int(), status: z.int().optional(), fault: z.string().optional() }),
  ),
});
export const deliveriesAnswer = z.object({ items: z.array(deliveryAnswer), next: z.string().optional() });
