import { type RequestHandler, type Response, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import { listLegs } from '../../src/contracts/resources/legs.ts';
import { createResources } from '../../src/contracts/resources/resources.ts';
import type { Core } from '../../src/core.ts';
import type { Resource } from '../../src/engine/map/schema.ts';
import type { PerformAct } from '../../src/ledger/at-once/record-acts.ts';
import { redactDigitRuns } from '../../src/phone/hide-digits.ts';
import { callerOf } from '../http/auth.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkShape, readJson } from '../http/json.ts';
import { handleProblems, Problem } from '../http/problem.ts';
import { presentLegs, presentUser } from './present.ts';
import { legsSchema, userSchema } from './schema.ts';

export interface ResourceDependencies {
  readonly core: Core;
  readonly perform: PerformAct;
  readonly logger: Logger;
  /** What every request of this door passes first: authentication, rate limit, reading the body. */
  readonly guards: RequestHandler[];
}

const PATHS = ['/v0.1/legs', '/v0.1/users', '/v0.1/conversations', '/v3/media'];
/** What an answer repeats of an id. */
const LONGEST_SHOWN = 200;

/** The resources of the product APIs that the redact contract's overview sends its readers to. */
export function resourceRoutes({ core, perform, logger, guards }: ResourceDependencies): Router {
  const resources = createResources({ ...core, perform });
  const router = Router();
  router.use(PATHS, ...guards);

  const remove = async (response: Response, resource: Resource, id: string, conversation?: string) => {
    const { account, keyId } = callerOf(response);
    const input = { account, keyId, resource, id, ...(conversation !== undefined && { conversation }) };
    if (!(await resources.remove(input))) throw notFound(id);
    response.status(204).end();
  };

  router
    .route('/v0.1/legs')
    .get(async (request, response) => {
      const fields = checkShape(legsSchema, { ...request.query }, () => 'invalid_query');
      const query = {
        conversation: fields.conversation_uuid ?? fields.conversationUuid,
        skip: fields.record_index,
        limit: fields.page_size,
      };
      const page = await listLegs(core.db, core.dataMap, callerOf(response).account.records_id, query);
      response.type('application/hal+json').send(JSON.stringify(presentLegs(page, query)));
    })
    .all(refuseMethod('GET, HEAD'));

  router
    .route('/v0.1/legs/:id')
    .delete((request, response) => remove(response, 'leg', request.params.id))
    .all(refuseMethod('DELETE'));

  router
    .route('/v3/media/:id')
    .delete((request, response) => remove(response, 'media', request.params.id))
    .all(refuseMethod('DELETE'));

  router
    .route('/v0.1/users/:id')
    .put(async (request, response) => {
      const fields = checkShape(userSchema, readJson(request));
      const { account, keyId } = callerOf(response);
      const { id } = request.params;
      if (!(await resources.replaceUser({ account, keyId, id }, fields))) throw notFound(id);
      response.json(presentUser(id, fields));
    })
    .delete((request, response) => remove(response, 'user', request.params.id))
    .all(refuseMethod('DELETE, PUT'));

  router
    .route('/v0.1/conversations/:conversation/events/:event')
    .delete(({ params }, response) => remove(response, 'event', params.event, params.conversation))
    .all(refuseMethod('DELETE'));

  router.use(PATHS, () => {
    throw new LetheError('route_not_found');
  });
  router.use(PATHS, handleProblems(logger));
  return router;
}

/** An id may be a phone number. */
function notFound(id: string): Problem {
  const shown = id.length <= LONGEST_SHOWN ? ` '${redactDigitRuns(id)}'` : '';
  return new Problem('invalid_id', `ID${shown} could not be found`);
}
