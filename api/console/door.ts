import { Router } from 'express';
import type { Door } from '../http/door.ts';
import { handleErrors } from '../http/errors.ts';
import { presentNamed } from '../http/named-errors.ts';
import { accountRoutes } from './accounts.ts';
import { consoleFiles } from './files.ts';
import { keyRoutes } from './keys.ts';
import { oidcRoutes } from './oidc.ts';
import { consoleApi } from './operations.ts';
import { peopleRoutes } from './people.ts';
import { sessionRoutes } from './session.ts';

/** The console's pages, and what it needs that no contract has: signing in, accounts, people, keys. */
export const consoleDoor: Door = {
  name: 'console',
  operations: () => consoleApi,
  routes: (deps) =>
    Router().use(
      ...[sessionRoutes(deps), oidcRoutes(deps), accountRoutes(deps), peopleRoutes(deps), keyRoutes(deps)],
      consoleFiles(),
    ),
  errors: { below: ['/console/api'], handler: (logger) => handleErrors(logger, presentNamed) },
};
