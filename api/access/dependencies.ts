import type { RequestHandler } from 'express';
import type { Logger } from '../../src/base/log.ts';
import type { Producer } from '../../src/base/queue/producer.ts';
import type { Core } from '../../src/core.ts';

export interface AccessDependencies {
  readonly core: Core;
  readonly producer: Pick<Producer, 'add'>;
  readonly logger: Logger;
  readonly now: () => Date;
  /** What every request of this door passes first: authentication, rate limit, reading the body. */
  readonly guards: RequestHandler[];
}
