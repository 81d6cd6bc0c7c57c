import { Router } from 'express';
import { ERRORS, LetheError } from '../../src/base/errors.ts';
import { type BatchDependencies, digestOf, forgetBatch } from '../../src/contracts/forget/batch.ts';
import { type BatchItem, type BatchRow, findBatch } from '../../src/contracts/forget/batch-rows.ts';
import { callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields, tellNumberFault } from '../http/fields.ts';
import { batchSchema } from './schema.ts';

/** Ten thousand numbers, with room for how they are written. */
const BODY_LIMIT_BYTES = 512_000;
/** How long one call works before it says how far it is: proxies do not wait for longer. */
const CALL_MS = 15_000;

/** The routes for many numbers at once. */
export function batchRoutes(deps: DoorDependencies): Router {
  const { core, now } = deps;
  const { db, config } = core;
  const prefixes = config.NUMBER_PREFIXES;
  const batches: BatchDependencies = {
    accept: { ...core, deadlineMs: deps.deadlineMs, graceMs: deps.graceMs },
    ...{ prefixes, producer: deps.producer, logger: deps.logger, now },
  };
  const router = Router();
  router
    .route('/gdpr/forget/batch')
    .all(...deps.guards({ bodyLimit: BODY_LIMIT_BYTES }))
    .post(
      deps.heavy(async (request, response, gone) => {
        const { numbers, blacklist } = checkFields(batchSchema, await readBody(request));
        const { account, actor } = callerOf(response);
        const end = performance.now() + CALL_MS;
        const isOver = () => gone.aborted || performance.now() > end;
        const batch = await forgetBatch(batches, { account, actor, numbers, unsuppress: blacklist ?? false }, isOver);
        const isDone = batch.items.length >= batch.lines;
        response.status(isDone ? 200 : 202).json({ ...presentBatch(batch, prefixes), digest: digestOf(numbers) });
      }),
    )
    .all(refuseMethod('POST'));
  router
    .route('/gdpr/forget/batch/:batch')
    .all(...deps.guards())
    .get(async (request, response) => {
      const batch = await findBatch(db, callerOf(response).account._id, request.params.batch);
      if (!batch) throw new LetheError('no_records');
      response.json(presentBatch(batch, prefixes));
    })
    .all(refuseMethod('GET, HEAD'));
  return router;
}

/** A batch as it stands. What is wrong with a line is told as for a single number. */
export function presentBatch({ _id, lines, items }: BatchRow, prefixes: readonly string[]) {
  const accepted = items.filter((item) => 'reference' in item).length;
  return {
    batch: _id,
    state: items.length >= lines ? 'done' : 'working',
    ...{ lines, done: items.length, accepted, refused: items.length - accepted },
    items: items.map((item, index) => ({ line: index + 1, ...presentItem(item, prefixes) })),
  };
}

function presentItem(item: BatchItem, prefixes: readonly string[]) {
  if ('reference' in item) return { state: 'accepted', reference: item.reference };
  if (item.refused === 'no_affiliation') {
    const { code, message } = ERRORS.no_affiliation;
    return { state: 'refused', error: { code, msg: message } };
  }
  return { state: 'refused', error: { code: 400, msg: `number ${tellNumberFault(item.refused, prefixes)}` } };
}
