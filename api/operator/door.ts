import type { Door } from '../http/door.ts';
import { operatorApi } from './operations.ts';
import { operatorRoutes } from './routes.ts';

/** What the platform's operators ask: alive, ready, figures. */
export const operatorDoor: Door = {
  name: 'operator',
  operations: () => operatorApi,
  routes: operatorRoutes,
};
