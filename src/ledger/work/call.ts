import type { Logger } from '../../base/log.ts';
import type { JobName, JobPayload } from '../../base/queue/catalogue.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { WorkRow } from './row.ts';

/** How the queue is told of one kind of work. */
export interface Call<Row, Name extends JobName = JobName> {
  /** What log lines call a row. */
  readonly what: string;
  readonly job: Name;
  /** The row's name, without its generation: what its job is called. */
  keyOf(row: Row): string;
  payloadOf(row: Row): JobPayload<Name>;
  /** What log lines name a row by. */
  factsOf(row: Row): object;
}

/** The id of a row's job. BullMQ silently ignores an id it has seen, even a failed one: hence the generation. */
export function jobIdOf<Row extends Pick<WorkRow, 'generation'>, Name extends JobName>(
  call: Call<Row, Name>,
  row: Row,
): string {
  return `${call.keyOf(row)}-g${row.generation}`;
}

/** Adds a row's job. @throws what Redis throws */
export function addJob<Row extends Pick<WorkRow, 'generation'>, Name extends JobName>(
  producer: Pick<Producer, 'add'>,
  call: Call<Row, Name>,
  row: Row,
  delayMs = 0,
): Promise<void> {
  return producer.add(call.job, call.payloadOf(row), { id: jobIdOf(call, row), delayMs });
}

/**
 * Tells the queue of a row that has just been written. With Redis away the row waits for the relay: that is logged, and
 * no failure.
 */
export async function callWorker<Row extends Pick<WorkRow, 'generation'>, Name extends JobName>(
  deps: { readonly producer: Pick<Producer, 'add'>; readonly logger: Pick<Logger, 'warn'> },
  call: Call<Row, Name>,
  row: Row,
  delayMs = 0,
): Promise<void> {
  try {
    await addJob(deps.producer, call, row, delayMs);
  } catch (error) {
    deps.logger.warn(`${call.what} not queued yet`, { ...call.factsOf(row), error });
  }
}
