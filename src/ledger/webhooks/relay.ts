import type mongoose from 'mongoose';
import { type RelayDependencies, relayWork, unfinishedRows } from '../work/relay.ts';
import { DELIVERY_CALL, deliveriesOf, dropOldDeliveries } from './deliveries.ts';
import { publishNews } from './news.ts';

/**
 * Puts what is new into the outbox, and gives every message that is due a live job again.
 * @param reach as in `relayWork`
 * @returns how many jobs were added
 */
export async function relayDeliveries(
  deps: RelayDependencies & { readonly db: mongoose.mongo.Db },
  reach: Date,
): Promise<number> {
  await publishNews(deps.db);
  await dropOldDeliveries(deps.db, deps.now());
  return relayWork(deps, DELIVERY_CALL, unfinishedRows(deliveriesOf(deps.db), []), reach);
}
