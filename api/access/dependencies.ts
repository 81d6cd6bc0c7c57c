import type { RequestHandler } from 'express';
import type { Core } from '../../src/core.ts';
import type { Logger } from '../../src/log.ts';
import type { Producer } from '../../src/queue/producer.ts';

export interface AccessDependencies {
  readonly core: Core;
  readonly producer: Pick<Producer, 'add'>;
  readonly logger: Logger;
  readonly now: () => Date;
  /** What every request of this door passes first: authentication, rate limit, reading the body. */
  readonly guards: RequestHandler[];
}
