import type { Door } from '../http/door.ts';
import { handleProblems, refuseAsProblem } from '../http/problem.ts';
import { transactionApi } from './operations.ts';
import { transactionRoutes } from './routes.ts';

/** The redact contract: one transaction, masked before the answer. */
export const transactionDoor: Door = {
  name: 'transaction',
  operations: () => transactionApi,
  routes: transactionRoutes,
  errors: { below: ['/v1/redact'], handler: handleProblems, refuse: refuseAsProblem },
};
