import { type Response, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { type RecordQuery, selectSources } from '../../src/contracts/access/query.ts';
import { readRecords } from '../../src/contracts/access/read-records.ts';
import { toRow } from '../../src/contracts/access/row.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { callerOf } from '../http/auth.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { presentMessage } from './present.ts';
import { rangeOf, searchManySchema, searchOneSchema } from './schema.ts';

/** The most messages that a search by dates gives. */
const MOST_FOUND = 4_000;
/** This API covers messages sent as SMS only. */
const OUTBOUND_SMS = { product: 'sms', direction: 'outbound' } as const;

/** The message search API: outbound SMS of the account, one by its id, several by ids or dates. */
export function searchRoutes({ core, now, guards: makeGuards, heavy }: DoorDependencies): Router {
  const searchMany = searchManySchema(core.config.NUMBER_PREFIXES);
  const guards = makeGuards();
  const router = Router();

  /** Finds messages, and audits what is about to be given out. */
  const search = async (
    query: RecordQuery,
    response: Response,
    signal: AbortSignal,
    number?: PhoneNumber,
  ): Promise<{ items: Record<string, unknown>[]; truncated: boolean }> => {
    const { account, actor } = callerOf(response);
    const items: Record<string, unknown>[] = [];
    const counts: Record<string, number> = {};
    let truncated = false;
    const sources = selectSources(
      core.dataMap,
      { ...OUTBOUND_SMS, ...query },
      account.records_id,
      core.countriesOf(account),
    );
    // One more than is given out says whether there are more. Presented as they come: batches leave the loop to others.
    for await (const { source, record } of readRecords(core.db, sources, { limit: MOST_FOUND + 1, signal })) {
      truncated = items.length === MOST_FOUND;
      if (truncated) break;
      items.push(presentMessage(toRow(source, record, 'sms'), account._id));
      counts[source.name] = (counts[source.name] ?? 0) + 1;
    }
    if (items.length > 0) {
      await core.audit.append({
        account: account._id,
        actor,
        action: 'data.access',
        reason: 'message_search',
        at: now(),
        counts,
        ...(number && { token: core.tokens.current(account._id, number) }),
      });
    }
    return { items, truncated };
  };

  router
    .route('/search/message')
    .all(...guards)
    .get(
      heavy(async (request, response, gone) => {
        const { id } = checkFields(searchOneSchema, request.query);
        const [message] = (await search({ ids: [id] }, response, gone)).items;
        if (!message) throw new LetheError('no_records');
        response.json(message);
      }),
    )
    .all(refuseMethod('GET, HEAD'));

  router
    .route('/search/messages')
    .all(...guards)
    .get(
      heavy(async (request, response, gone) => {
        const { ids, date, to, ...range } = checkFields(searchMany, request.query);
        const query: RecordQuery = {
          ...(ids && { ids: [...new Set(ids)] }),
          ...(date ?? rangeOf(range)),
          ...(to && { to: { number: to } }),
        };
        const { items, truncated } = await search(query, response, gone, to);
        response.json({ count: items.length, items, ...(truncated && { truncated }) });
      }),
    )
    .all(refuseMethod('GET, HEAD'));

  return router;
}
