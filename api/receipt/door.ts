import type { Door } from '../http/door.ts';
import { receiptApi } from './operations.ts';
import { receiptRoutes } from './routes.ts';

/** Proof of completed erasures, and the public keys it is checked with. */
export const receiptDoor: Door = {
  name: 'receipt',
  operations: ({ NUMBER_PREFIXES: prefixes }) => receiptApi(prefixes),
  routes: receiptRoutes,
};
