import type { DeliveryRow } from '../../src/ledger/webhooks/deliveries.ts';
import type { WebhookRow } from '../../src/ledger/webhooks/webhooks.ts';

/** A webhook, without its secret. */
export function presentWebhook({ _id: id, url, label, events, created_at }: WebhookRow) {
  return { id, url, label, events, created_at };
}

/** A message to one webhook, and what came of it. */
export function presentDelivery(row: DeliveryRow) {
  const { message, webhook, type, reference, state, tries, created_at, attempts, not_before, finished_at } = row;
  return {
    ...{ id: row._id.toHexString(), message, webhook, type, reference, state, tries, created_at },
    ...(row.unfinished ? { next_attempt_at: not_before } : { finished_at }),
    attempts,
  };
}
