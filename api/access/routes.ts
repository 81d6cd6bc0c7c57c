import { Router } from 'express';
import type { AccessDependencies } from './dependencies.ts';
import { subjectRoutes } from './person.ts';
import { reportRoutes } from './reports.ts';
import { searchRoutes } from './search.ts';

/** Subject access: what is held on a person, by search, by report, or all of it on one number. */
export function accessRoutes(deps: AccessDependencies): Router {
  const router = Router();
  router.use(['/search', '/v2/reports', '/gdpr/access'], ...deps.guards);
  router.use(searchRoutes(deps));
  router.use(reportRoutes(deps));
  router.use(subjectRoutes(deps));
  return router;
}
