import type { Door } from '../http/door.ts';
import { operatorApi } from './operations.ts';
import { operatorRoutes } from './routes.ts';

/** The door for the platform's operators: is it alive, is it ready, figures. */
export const operatorDoor: Door = {
  name: 'operator',
  operations: () => operatorApi,
  routes: operatorRoutes,
};
