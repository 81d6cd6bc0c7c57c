import type { Door } from '../http/door.ts';
import { interactionsApi } from './operations.ts';
import { presentFaults, refuseAsFault } from './present.ts';
import { interactionsRoutes } from './routes.ts';

/** Redaction of calls, texts, chats and forms. */
export const interactionsDoor: Door = {
  name: 'interactions',
  operations: () => interactionsApi,
  routes: interactionsRoutes,
  errors: { below: ['/accounts'], handler: () => presentFaults, refuse: refuseAsFault },
};
