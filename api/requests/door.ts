import type { Door } from '../http/door.ts';
import { handleErrors } from '../http/errors.ts';
import { presentNamed } from '../http/named-errors.ts';
import { requestsApi } from './operations.ts';
import { requestsRoutes } from './routes.ts';

/** The requests themselves, whichever contract they came by: how they stand, why, retry and cancel. */
export const requestsDoor: Door = {
  name: 'requests',
  operations: () => requestsApi,
  routes: requestsRoutes,
  errors: { below: ['/requests'], handler: (logger) => handleErrors(logger, presentNamed) },
};
