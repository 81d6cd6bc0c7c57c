import { type Response, Router } from 'express';
import { listLegs } from '../../src/contracts/resources/legs.ts';
import { createResources, type Resources } from '../../src/contracts/resources/resources.ts';
import type { Resource } from '../../src/engine/map/schema.ts';
import { sayId } from '../../src/phone/hide-digits.ts';
import { callerOf } from '../http/auth.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkShape, readJson } from '../http/json.ts';
import { Problem } from '../http/problem.ts';
import { presentLegs, presentUser } from './present.ts';
import { legsSchema, userSchema } from './schema.ts';

/** The longest id that an answer repeats. */
const LONGEST_SHOWN = 200;

/** The resources of the product APIs that the redact contract's overview sends its readers to. */
export function resourcesRoutes({ core, eraseNow, guards: makeGuards }: DoorDependencies): Router {
  const resources = createResources({ db: core.db, dataMap: core.dataMap, eraseNow });
  const remove = removal(resources);
  const guards = makeGuards();
  const router = Router();
  router
    .route('/v0.1/legs')
    .all(...guards)
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
    .all(...guards)
    .delete((request, response) => remove(response, 'leg', request.params.id))
    .all(refuseMethod('DELETE'));

  router
    .route('/v3/media/:id')
    .all(...guards)
    .delete((request, response) => remove(response, 'media', request.params.id))
    .all(refuseMethod('DELETE'));

  router
    .route('/v0.1/users/:id')
    .all(...guards)
    .put(async (request, response) => {
      const fields = checkShape(userSchema, readJson(request));
      const { account, actor } = callerOf(response);
      const { id } = request.params;
      if (!(await resources.replaceUser({ account, actor, id }, fields))) throw notFound(id);
      response.json(presentUser(id, fields));
    })
    .delete((request, response) => remove(response, 'user', request.params.id))
    .all(refuseMethod('DELETE, PUT'));

  router
    .route('/v0.1/conversations/:conversation/events/:event')
    .all(...guards)
    .delete(({ params }, response) => remove(response, 'event', params.event, params.conversation))
    .all(refuseMethod('DELETE'));
  return router;
}

function removal(resources: Resources) {
  return async (response: Response, resource: Resource, id: string, conversation?: string): Promise<void> => {
    const { account, actor } = callerOf(response);
    const input = { account, actor, resource, id, ...(conversation !== undefined && { conversation }) };
    if (!(await resources.remove(input))) throw notFound(id);
    response.status(204).end();
  };
}

/** The answer about an id that nobody has. Its digits are hidden: it may be a phone number. */
function notFound(id: string): Problem {
  const shown = id.length <= LONGEST_SHOWN ? ` '${sayId(id)}'` : '';
  return new Problem('invalid_id', `ID${shown} could not be found`);
}
