import type { Door } from '../http/door.ts';
import { handleProblems, refuseAsProblem } from '../http/problem.ts';
import { resourcesApi } from './operations.ts';
import { resourcesRoutes } from './routes.ts';

/** The resources of the product APIs. */
export const resourcesDoor: Door = {
  name: 'resources',
  operations: () => resourcesApi,
  routes: resourcesRoutes,
  errors: {
    below: ['/v0.1/legs', '/v0.1/users', '/v0.1/conversations', '/v3/media'],
    handler: handleProblems,
    refuse: refuseAsProblem,
  },
};
