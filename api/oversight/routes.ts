import { type RequestHandler, Router } from 'express';
import type { Logger } from '../../src/base/log.ts';
import { type AuditEntry, createAuditSeal } from '../../src/ledger/audit/entry.ts';
import { type KeptHeads, readKeptHeads } from '../../src/ledger/audit/outside.ts';
import { readAuditPage } from '../../src/ledger/audit/read.ts';
import { type AuditChain, type AuditFault, verifyAudit } from '../../src/ledger/audit/verify.ts';
import { monthOf } from '../../src/ledger/requests/month-figures.ts';
import { monthAsCsv, reportMonth } from '../../src/ops/month-report.ts';
import { makeProcessingRecord } from '../../src/ops/processing-record.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { writeCursor } from './cursor.ts';
import { reachAccounts, reachChains } from './reach.ts';
import { auditSchema, figuresSchema, type KeptOutside, processingSchema, verifySchema } from './schema.ts';

const PAGE = 50;
const MOST_FAULTS = 100;

/** The routes of those who answer for an account. */
export function oversightRoutes(deps: DoorDependencies): Router {
  const guards = deps.guards();
  const router = Router();
  router
    .route('/audit')
    .all(...guards)
    .get(auditHandler(deps))
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/audit/verify')
    .all(...guards)
    .post(verifyHandler(deps))
    .all(refuseMethod('POST'));
  router
    .route('/figures')
    .all(...guards)
    .get(figuresHandler(deps))
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/records-of-processing')
    .all(...guards)
    .get(processingHandler(deps))
    .all(refuseMethod('GET, HEAD'));
  return router;
}

function auditHandler({ core, heavy }: DoorDependencies): RequestHandler {
  return heavy(async (request, response) => {
    const { account, limit = PAGE, cursor, ...query } = checkFields(auditSchema, request.query);
    const chains = await reachChains(core, response, account);
    const { entries, next } = await readAuditPage(core.db, chains, query, { limit, after: cursor });
    response.json({ items: entries.map(presentEntry), ...(next && { next: writeCursor(next) }) });
  });
}

function presentEntry({ seq, at, action, actor, account_id, reference, reason, counts }: AuditEntry): object {
  return {
    ...{ sequence: seq, at, action, actor, account: account_id },
    ...(reference !== undefined && { reference }),
    detail: { reason, counts },
  };
}

function verifyHandler({ core, heavy, logger }: DoorDependencies): RequestHandler {
  const seal = createAuditSeal(core.config.LETHE_TOKEN_KEYS);
  return heavy(async (request, response, signal) => {
    const { account } = checkFields(verifySchema, await readBody(request));
    const ours = await reachChains(core, response, account);
    const { kept, outside } = await readOutside(core.config.AUDIT_HEAD_FILE, ours, logger);
    const chains: AuditChain[] = [];
    const faults: AuditFault[] = [];
    let found = 0;
    const watch = { signal, kept, onChain: (chain: AuditChain) => chains.push(chain) };
    for (const one of ours)
      for await (const fault of verifyAudit(core.db, seal, one, watch)) {
        found += 1;
        if (faults.length < MOST_FAULTS) faults.push(fault);
      }
    response.json({
      ok: found === 0 && outside !== 'unreadable',
      entries: chains.reduce((sum, chain) => sum + chain.entries, 0),
      chains: chains.map(({ account, entries, first, last, mac, at }) => ({
        ...{ account, entries, from: first, to: last, head: mac },
        ...(at && { head_at: at }),
      })),
      kept_outside: outside,
      faults: faults.map(({ account, seq, through, fault }) => ({
        ...{ account, sequence: seq },
        ...(through !== undefined && { through }),
        fault,
      })),
      faults_found: found,
    });
  });
}

/** The ends of chains that were kept outside of the database. Without them nobody can say that none was cut off. */
async function readOutside(
  file: string | undefined,
  accounts: readonly string[],
  logger: Logger,
): Promise<{ kept?: KeptHeads; outside: KeptOutside }> {
  if (file === undefined) return { outside: 'none' };
  try {
    return { kept: await readKeptHeads(file, new Set(accounts)), outside: 'compared' };
  } catch (error) {
    logger.warn('AUDIT_HEAD_FILE cannot be read', { error });
    return { outside: 'unreadable' };
  }
}

function figuresHandler({ core, heavy, now }: DoorDependencies): RequestHandler {
  return heavy(async (request, response, signal) => {
    const moment = now();
    const { account, month = monthOf(moment) } = checkFields(figuresSchema, request.query);
    const accounts = await reachAccounts(core, response, account);
    const figures = await reportMonth(core.db, accounts, month, moment, { signal });
    response.vary('Accept');
    if (request.accepts(['application/json', 'text/csv']) === 'text/csv')
      response.type('text/csv').send([...monthAsCsv(figures)].map((line) => `${line}\r\n`).join(''));
    else response.json(figures);
  });
}

function processingHandler({ core, now }: DoorDependencies): RequestHandler {
  const { DEADLINE_HOURS: deadlineHours, REPORT_KEEP_HOURS: reportKeepHours } = core.config;
  return async (request, response) => {
    const { account: named } = checkFields(processingSchema, request.query);
    const [id] = named === undefined ? [] : await reachAccounts(core, response, named);
    // Of a person who works on no one account, the record of the installation.
    const account = id === undefined ? response.locals.caller?.account : await core.accounts.find(id);
    const sources = { dataMap: core.dataMap, deadlineHours, reportKeepHours };
    response.json(makeProcessingRecord({ ...sources, ...(account && { account }) }, now()));
  };
}
