import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import { type ErasureRequest, jobIdOf } from './ledger.ts';

export interface CallDependencies {
  readonly producer: Pick<Producer, 'add'>;
  readonly logger: Logger;
}

/**
 * Calls a worker for a fresh request. Never throws: the ledger keeps the promise, and while Redis is away the relay
 * adds the job later.
 */
export async function callWorker(
  { producer, logger }: CallDependencies,
  request: Pick<ErasureRequest, 'account_id' | 'reference' | 'generation'>,
): Promise<void> {
  const { account_id: account, reference } = request;
  await producer
    .add('erase', { account, reference }, { id: jobIdOf(request) })
    .catch((error: unknown) => logger.warn('request not queued yet', { reference, error }));
}
