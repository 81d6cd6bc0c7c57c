import type { Door } from '../http/door.ts';
import { webhooksApi } from './operations.ts';
import { webhooksRoutes } from './routes.ts';

/** The door for webhooks: who is told what happens to requests, and what came of telling. */
export const webhooksDoor: Door = {
  name: 'webhooks',
  operations: () => webhooksApi,
  routes: webhooksRoutes,
};
