import type { Door } from '../http/door.ts';
import { handleErrors } from '../http/errors.ts';
import { presentNamed } from '../http/named-errors.ts';
import { oversightApi } from './operations.ts';
import { oversightRoutes } from './routes.ts';

/** The door for those who answer for an account: its audit, figures of a month, the record of processing. */
export const oversightDoor: Door = {
  name: 'oversight',
  operations: () => oversightApi,
  routes: oversightRoutes,
  errors: { below: ['/audit', '/figures'], handler: (logger) => handleErrors(logger, presentNamed) },
};
