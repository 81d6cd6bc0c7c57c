import type { Door } from '../http/door.ts';
import { handleErrors } from '../http/errors.ts';
import { opendsrApi } from './operations.ts';
import { presentDsrError } from './present.ts';
import { opendsrRoutes } from './routes.ts';

/** OpenDSR 2.0: data controllers hand requests of data subjects to this processor. */
export const opendsrDoor: Door = {
  name: 'opendsr',
  operations: () => opendsrApi,
  routes: opendsrRoutes,
  errors: { below: ['/opendsr'], handler: (logger) => handleErrors(logger, presentDsrError) },
};
