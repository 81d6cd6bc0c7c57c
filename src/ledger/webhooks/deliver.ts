import { createHmac } from 'node:crypto';
import mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import type { ProcessorSigner } from '../../base/keys/processor-signer.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Logger } from '../../base/log.ts';
import { type OutgoingRules, type PostOutcome, postOutside } from '../../base/outgoing/post.ts';
import type { Times } from '../../base/times.ts';
import { backOff } from '../../lib/back-off.ts';
import { assertHeld, guardOf, newHold } from '../work/lease.ts';
import { freeAt, leased } from '../work/row.ts';
import { type Attempt, type DeliveryRow, deliveriesOf } from './deliveries.ts';
import { secretOf, type WebhookRow, webhooksOf } from './webhooks.ts';

export interface DeliverDependencies {
  readonly db: mongoose.mongo.Db;
  readonly seal: Seal;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly rules: OutgoingRules;
  /** Signs callbacks; null where none is set up. */
  readonly processor: ProcessorSigner | null;
  readonly times: Pick<Times, 'leaseMs' | 'renewBelowMs' | 'retryBaseMs' | 'longestPauseMs'>;
  readonly now: () => Date;
  /** Told of each message that is tried no more. */
  readonly onGivenUp: () => void;
}

/** Attempts that the log keeps of a message. */
const KEPT_ATTEMPTS = 50;

/**
 * One attempt at one message. What is not delivered is called again by the relay, after a pause that grows, for a day.
 * @throws LeaseLost; what the database throws
 */
export async function deliver(
  deps: DeliverDependencies,
  { account, delivery }: { readonly account: string; readonly delivery: string },
  signal: AbortSignal,
): Promise<void> {
  const { db, now } = deps;
  const hold = newHold(deps);
  const at = now();
  const row = await deliveriesOf(db).findOneAndUpdate(
    {
      ...{ _id: new mongoose.mongo.ObjectId(delivery), account_id: account, unfinished: true },
      ...{ not_before: { $lte: at }, ...freeAt(at) },
    },
    { $set: leased(hold.lease) },
    { returnDocument: 'after' },
  );
  if (!row) return;
  const write = async (update: mongoose.mongo.UpdateFilter<DeliveryRow>) =>
    (await deliveriesOf(db).updateOne(guardOf(row, hold), update)).matchedCount === 1;
  const hook = await webhooksOf(db).findOne({ _id: row.webhook, account_id: account });
  if (!hook) {
    await write({ $set: { state: 'cancelled', finished_at: at }, $unset: { unfinished: '', lease: '' } });
    return;
  }
  const began = performance.now();
  const outcome = await attempt(deps, row, hook, signal);
  // Told to stop in the middle of it: nobody knows what came of it, and the next worker sends it again.
  const isCut = signal.aborted && 'fault' in outcome;
  const made: Attempt[] = isCut ? [] : [{ ...outcome, at, ms: Math.round(performance.now() - began) }];
  const update = updateAfter(deps, row, made, isCut);
  await assertHeld(write(update));
  if (update.$set?.state === 'given_up') deps.onGivenUp();
  // A callback has had its say.
  if (hook.opendsr && update.$unset?.unfinished !== undefined)
    await webhooksOf(db).deleteOne({ _id: hook._id, account_id: account });
}

async function attempt(
  { seal, rules, now, logger, processor }: DeliverDependencies,
  row: DeliveryRow,
  hook: WebhookRow,
  signal: AbortSignal,
): Promise<PostOutcome> {
  try {
    if (hook.opendsr && !processor) {
      logger.error('callbacks cannot be signed: OPENDSR_* is not set here', { webhook: hook._id });
      return { fault: 'unreachable' };
    }
    const headers =
      hook.opendsr && processor
        ? { 'content-type': 'application/json', ...processor.headersOf(row.body) }
        : signMessage(secretOf(seal, hook), row.message, now(), row.body);
    return await postOutside({ url: hook.url, headers, body: row.body }, rules, signal);
  } catch (error) {
    if (!(error instanceof ErasureFailure)) throw error;
    logger.error('the secret of a webhook cannot be opened', { webhook: hook._id });
    return { fault: 'unreachable' };
  }
}

const isDelivered = (outcome: PostOutcome) => 'status' in outcome && outcome.status >= 200 && outcome.status < 300;

function updateAfter(
  { times, logger, now }: DeliverDependencies,
  row: DeliveryRow,
  made: readonly Attempt[],
  isCut: boolean,
): mongoose.mongo.UpdateFilter<DeliveryRow> {
  const at = now();
  const log = { $push: { attempts: { $each: [...made], $slice: -KEPT_ATTEMPTS } }, $inc: { tries: made.length } };
  const facts = {
    delivery: row._id.toHexString(),
    webhook: row.webhook,
    type: row.type,
    tries: row.tries + made.length,
  };
  const [outcome] = made;
  if (outcome && isDelivered(outcome)) {
    logger.info('webhook delivered', facts);
    return { ...log, $set: { state: 'delivered', finished_at: at }, $unset: { unfinished: '', lease: '' } };
  }
  const again = isCut ? at : new Date(at.getTime() + backOff(row.tries, times.retryBaseMs, times.longestPauseMs));
  if (again >= row.give_up_at) {
    logger.error('webhook given up', facts);
    return { ...log, $set: { state: 'given_up', finished_at: at }, $unset: { unfinished: '', lease: '' } };
  }
  if (outcome) logger.warn('webhook not delivered', { ...facts, ...tell(outcome), again });
  return { ...log, $set: { not_before: again, look_at: again }, $unset: { lease: '' } };
}

const tell = (outcome: PostOutcome) => ('status' in outcome ? { status: outcome.status } : { fault: outcome.fault });

/**
 * The headers of a message, as Standard Webhooks 1.0 signs them (symmetric, version `v1`): HMAC-SHA-256 over id, time in
 * seconds and body, joined by dots.
 */
function signMessage(secret: Buffer, id: string, at: Date, body: string): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'user-agent': 'Lethe',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}
