import { describeErrors, errorAnswers } from '../openapi/error-answers.ts';
import type { Operation } from '../openapi/operation.ts';
import {
  deliveriesAnswer,
  deliveryAnswer,
  deliveryParams,
  logSchema,
  newWebhookSchema,
  webhookAnswer,
  webhookParams,
  webhooksAnswer,
} from './schema.ts';

const WEBHOOK = {
  id: 'wh_BWwmkoxO3YTfpEt',
  url: 'https://example.com/lethe',
  label: '',
  events: ['erasure.completed', 'erasure.failed'],
  created_at: '2026-02-01T00:00:00.000Z',
};
const DELIVERY = {
  id: '65c0f7e2a1b2c3d4e5f60718',
  message: 'msg_BWwmkoxO3YTfpEtBWwmkoxO3',
  webhook: WEBHOOK.id,
  type: 'erasure.completed',
  reference: 'BWwmkoxO3YTfpEt',
  state: 'delivered',
  tries: 1,
  created_at: '2026-02-01T00:00:00.000Z',
  finished_at: '2026-02-01T00:00:01.000Z',
  attempts: [{ at: '2026-02-01T00:00:00.000Z', ms: 52, status: 204 }],
};

/** The description of webhooks and their log. */
export const webhooksApi: readonly Operation[] = [
  {
    method: 'get',
    path: '/webhooks',
    summary: 'The webhooks of the account',
    'x-scope': 'settings',
    responses: {
      200: { description: 'All of them, without their secrets', schema: webhooksAnswer, example: { items: [WEBHOOK] } },
      ...errorAnswers(describeErrors()),
    },
  },
  {
    method: 'post',
    path: '/webhooks',
    summary: 'Have a place told what happens to requests',
    description: 'Messages are signed as Standard Webhooks are. The secret is shown this once.',
    'x-scope': 'settings',
    body: newWebhookSchema,
    bodyExample: { url: WEBHOOK.url, events: WEBHOOK.events },
    responses: {
      201: {
        description: 'The webhook, with its secret',
        schema: webhookAnswer,
        example: { ...WEBHOOK, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
      },
      ...errorAnswers(describeErrors()),
    },
  },
  {
    method: 'delete',
    path: '/webhooks/:webhook',
    summary: 'Tell a place nothing more',
    'x-scope': 'settings',
    params: webhookParams,
    responses: {
      204: { description: 'It is told nothing more', type: null },
      ...errorAnswers(describeErrors(['no_records'])),
    },
  },
  {
    method: 'get',
    path: '/webhooks/deliveries',
    summary: 'What was told, and what came of it, newest first',
    'x-scope': 'settings',
    query: logSchema,
    responses: {
      200: { description: 'One page', schema: deliveriesAnswer, example: { items: [DELIVERY] } },
      ...errorAnswers(describeErrors()),
    },
  },
  {
    method: 'post',
    path: '/webhooks/deliveries/:delivery/redeliver',
    summary: 'Send a message again, under the same id',
    'x-scope': 'settings',
    params: deliveryParams,
    responses: {
      202: { description: 'It is sent again', schema: deliveryAnswer },
      ...errorAnswers(describeErrors(['no_records'])),
    },
  },
];
