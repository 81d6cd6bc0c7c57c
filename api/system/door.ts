import type { Door } from '../http/door.ts';
import { handleErrors } from '../http/errors.ts';
import { presentNamed } from '../http/named-errors.ts';
import { systemApi } from './operations.ts';
import { systemRoutes } from './routes.ts';

/** The whole installation at one look, for admins of all accounts. */
export const systemDoor: Door = {
  name: 'system',
  operations: () => systemApi,
  routes: systemRoutes,
  errors: { below: ['/system'], handler: (logger) => handleErrors(logger, presentNamed) },
};
