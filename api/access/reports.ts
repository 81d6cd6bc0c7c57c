import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { type RequestHandler, type Response, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { type RecordQuery, selectSources } from '../../src/contracts/access/query.ts';
import { type Position, readRecords } from '../../src/contracts/access/read-records.ts';
import { createReportFolder, type ReportFolder } from '../../src/contracts/access/reports/folder.ts';
import { abortReport, findReport, REPORT_CALL, type Report } from '../../src/contracts/access/reports/ledger.ts';
import { openReportWithin } from '../../src/contracts/access/reports/quota.ts';
import { dropReportFile } from '../../src/contracts/access/reports/tend.ts';
import { toReportRecord, toRow } from '../../src/contracts/access/row.ts';
import type { Core } from '../../src/core.ts';
import { callWorker } from '../../src/ledger/work/call.ts';
import { type Caller, callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { streamText } from '../http/stream.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { presentReport } from './present.ts';
import { queryOf, recordsSchema, reportSchema } from './schema.ts';

const MEGABYTE = 1_000_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CONTENT_TYPES = { csv: 'text/csv; charset=utf-8', json: 'application/json; charset=utf-8' } as const;

/** The reports API: records at once and page by page, or as a file that a worker writes. */
export function reportRoutes(deps: DoorDependencies): Router {
  const { core, now } = deps;
  const folder = createReportFolder(core.config.REPORTS_DIR);
  const guards = deps.guards();
  const router = Router();

  router
    .route('/v2/reports/records')
    .all(...guards)
    .get(
      deps.heavy(async (request, response, gone) => {
        const fields = checkFields(recordsSchema, request.query);
        const page = {
          query: { ...queryOf(fields), ...(fields.id && { ids: fields.id }) },
          limit: fields.limit,
          includeMessage: fields.include_message,
          ...(fields.cursor !== undefined && { after: readCursor(fields.cursor) }),
        };
        await streamText(response, 'json', writeRecords(deps, callerOf(response), page, gone));
      }),
    )
    .all(refuseMethod('GET, HEAD'));

  router
    .route('/v2/reports')
    .all(...guards)
    .post(openHandler(deps))
    .all(refuseMethod('POST'));

  router
    .route('/v2/reports/:request_id')
    .all(...guards)
    .get(async (request, response) => {
      response.json(presentReport(await reportOf(core, request.params.request_id, response), now()));
    })
    .delete(async (request, response) => {
      const report = await reportOf(core, request.params.request_id, response);
      await withdraw(core, folder, report, now());
      response.json(presentReport(await reportOf(core, report.request_id, response), now()));
    })
    .all(refuseMethod('GET, HEAD, DELETE'));

  router
    .route('/v2/reports/:request_id/file')
    .all(...guards)
    .get(async (request, response) => {
      const report = await reportOf(core, request.params.request_id, response);
      await sendFile(folder, report, now(), response);
    })
    .all(refuseMethod('GET, HEAD'));

  return router;
}

interface RecordsPage {
  readonly query: RecordQuery;
  /** Records on it at most. */
  readonly limit: number;
  readonly includeMessage: boolean;
  /** Where the page before ended. */
  readonly after?: Position;
}

/**
 * One page of records as a JSON object. What was given out is audited, also when the client left before the end. A
 * database that goes away meanwhile takes the entry with it, and the answer breaks off.
 */
async function* writeRecords(
  { core, now }: DoorDependencies,
  { account, actor }: Caller,
  { query, limit, includeMessage, after }: RecordsPage,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const requestId = randomUUID();
  const sources = selectSources(core.dataMap, query, account.records_id, core.countriesOf(account));
  const counts: Record<string, number> = {};
  const token = tokenOf(core, account._id, query);
  let items = 0;
  let last: Position | undefined;
  let more = false;
  try {
    yield `{"request_id":"${requestId}","request_status":"SUCCESS","received_at":${JSON.stringify(now())},"records":[`;
    // One more than is given out says whether there is a next page.
    const found = readRecords(core.db, sources, { paged: true, limit: limit + 1, signal, ...(after && { after }) });
    for await (const { source, record, position } of found) {
      more = items === limit;
      if (more) break;
      const row = toReportRecord(toRow(source, record, query.product), account._id, includeMessage);
      counts[source.name] = (counts[source.name] ?? 0) + 1;
      yield `${items > 0 ? ',' : ''}${JSON.stringify(row)}`;
      items += 1;
      last = position;
    }
    yield `],"items_count":${items},"cursor":${JSON.stringify(more && last ? writeCursor(last) : null)}}`;
  } finally {
    await core.audit.append({
      account: account._id,
      actor,
      action: 'data.report',
      reason: 'report_records',
      at: now(),
      counts,
      reference: requestId,
      ...(token !== undefined && { token }),
    });
  }
}

function openHandler({ core, producer, logger, now, graceMs }: DoorDependencies): RequestHandler {
  const quota = {
    unfinished: core.config.REPORTS_UNFINISHED_LIMIT,
    bytes: core.config.REPORTS_MEGABYTES_LIMIT * MEGABYTE,
  };
  return async (request, response) => {
    const fields = checkFields(reportSchema, await readBody(request));
    const { account, actor } = callerOf(response);
    const query = queryOf(fields);
    const token = tokenOf(core, account._id, query);
    const wanted = {
      ...{ account, actor, query, format: fields.format, includeMessage: fields.include_message },
      ...(token !== undefined && { token }),
      ...{ now: now(), graceMs },
    };
    const report = await openReportWithin(core.db, core.seal, wanted, quota);
    await callWorker({ producer, logger }, REPORT_CALL, report);
    response.status(202).json(presentReport(report, now()));
  };
}

/** @throws LetheError `route_not_found`, also for another account's report */
async function reportOf({ db }: Core, requestId: string, response: Response): Promise<Report> {
  const report = UUID.test(requestId) ? await findReport(db, callerOf(response).account._id, requestId) : null;
  if (!report) throw new LetheError('route_not_found', 'There is no such report');
  return report;
}

/** Aborts a report; of one that is finished, the file is taken away before its time. */
async function withdraw({ db }: Core, folder: ReportFolder, report: Report, now: Date): Promise<void> {
  const { account_id, request_id } = report;
  if (await abortReport(db, folder, account_id, request_id, now)) return;
  // Read again: it may have been finished since, and have a file now.
  const finished = await findReport(db, account_id, request_id);
  if (finished) await dropReportFile(db, folder, finished);
}

/** @throws LetheError `route_not_found` when there is no file */
async function sendFile(folder: ReportFolder, report: Report, now: Date, response: Response): Promise<void> {
  const isKept = report.expires_at !== undefined && report.expires_at > now;
  const file = isKept && report.file !== undefined ? await folder.read(report.file) : null;
  if (!file) throw new LetheError('route_not_found', 'The report has no file, or none any more');
  try {
    const { size } = await file.stat();
    response.set({
      'Content-Type': CONTENT_TYPES[report.format],
      'Content-Length': String(size),
      'Content-Disposition': `attachment; filename="report-${report.request_id}.${report.format}"`,
    });
    await pipeline(file.createReadStream({ autoClose: false }), response).catch((error: unknown) => {
      // A client that leaves before the end is no fault.
      if (!response.destroyed) throw error;
    });
  } finally {
    await file.close();
  }
}

/** The token of the person whose number the query names; undefined when it names none. */
function tokenOf({ tokens }: Core, account: string, { from, to }: RecordQuery): string | undefined {
  const party = [to, from].find((one) => one !== undefined && 'number' in one);
  return party && 'number' in party ? tokens.current(account, party.number) : undefined;
}
