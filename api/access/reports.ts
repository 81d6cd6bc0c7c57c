import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { type Response, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { type RecordQuery, selectSources } from '../../src/contracts/access/query.ts';
import { type Position, readRecords } from '../../src/contracts/access/read-records.ts';
import { createReportFolder } from '../../src/contracts/access/reports/folder.ts';
import {
  abortReport,
  findReport,
  openReport,
  type Report,
  reportJobId,
} from '../../src/contracts/access/reports/ledger.ts';
import { dropReportFile } from '../../src/contracts/access/reports/tend.ts';
import { toReportRecord, toRow } from '../../src/contracts/access/row.ts';
import { checkFields } from '../forget/schema.ts';
import { type Caller, callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import { refuseMethod } from '../http/errors.ts';
import { streamText } from '../http/stream.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { AccessDependencies } from './dependencies.ts';
import { presentReport } from './present.ts';
import { queryOf, recordsSchema, reportSchema } from './schema.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CONTENT_TYPES = { csv: 'text/csv; charset=utf-8', json: 'application/json; charset=utf-8' } as const;

/** The reports API: records at once and page by page, or as a file that a worker writes. */
export function reportRoutes({ core, producer, logger, now }: AccessDependencies): Router {
  const { db } = core;
  const folder = createReportFolder(core.config.REPORTS_DIR);
  const router = Router();

  router
    .route('/v2/reports/records')
    .get(async (request, response) => {
      const fields = checkFields(recordsSchema, request.query);
      const query = { ...queryOf(fields), ...(fields.id && { ids: fields.id }) };
      const page = {
        limit: fields.limit,
        includeMessage: fields.include_message,
        ...(fields.cursor !== undefined && { after: readCursor(fields.cursor) }),
      };
      await streamText(response, 'json', writeRecords(callerOf(response), query, page));
    })
    .all(refuseMethod('GET, HEAD'));

  /**
   * One page of records as a JSON object. Whatever was given out is audited, also when the client left before the end. A
   * database that goes away meanwhile takes the entry with it, and the answer breaks off.
   */
  async function* writeRecords(
    { account, keyId }: Caller,
    query: RecordQuery,
    { limit, includeMessage, after }: { limit: number; includeMessage: boolean; after?: Position },
  ): AsyncGenerator<string> {
    const requestId = randomUUID();
    const sources = selectSources(core.dataMap, query, account.records_id);
    const counts: Record<string, number> = {};
    const token = tokenOf(account._id, query);
    let items = 0;
    let last: Position | undefined;
    let more = false;
    try {
      yield `{"request_id":"${requestId}","request_status":"SUCCESS","received_at":${JSON.stringify(now())},"records":[`;
      for await (const found of readRecords(db, sources, { paged: true, limit: limit + 1, ...(after && { after }) })) {
        more = items === limit;
        if (more) break;
        const record = toReportRecord(toRow(found.source, found.record, query.product), account._id, includeMessage);
        counts[found.source.name] = (counts[found.source.name] ?? 0) + 1;
        yield `${items > 0 ? ',' : ''}${JSON.stringify(record)}`;
        items += 1;
        last = found.position;
      }
      yield `],"items_count":${items},"cursor":${JSON.stringify(more && last ? writeCursor(last) : null)}}`;
    } finally {
      await core.audit.append({
        account: account._id,
        actor: keyId,
        action: 'data.report',
        reason: 'report_records',
        at: now(),
        counts,
        reference: requestId,
        ...(token !== undefined && { token }),
      });
    }
  }

  router
    .route('/v2/reports')
    .post(async (request, response) => {
      const fields = checkFields(reportSchema, await readBody(request));
      const { account, keyId } = callerOf(response);
      const query = queryOf(fields);
      const token = tokenOf(account._id, query);
      const report = await openReport(db, core.seal, {
        account,
        keyId,
        query,
        format: fields.format,
        includeMessage: fields.include_message,
        ...(token !== undefined && { token }),
        now: now(),
        graceMs: core.config.LEASE_MS,
      });
      await producer
        .add('report', { account: account._id, report: report.request_id }, { id: reportJobId(report) })
        .catch((error: unknown) => logger.warn('report not queued yet', { report: report.request_id, error }));
      response.status(202).json(presentReport(report, now()));
    })
    .all(refuseMethod('POST'));

  router
    .route('/v2/reports/:request_id')
    .get(async (request, response) => {
      response.json(presentReport(await reportOf(request.params.request_id, response), now()));
    })
    .delete(async (request, response) => {
      const report = await reportOf(request.params.request_id, response);
      // Finished already: its file goes before its time.
      if (!(await abortReport(db, folder, report.account_id, report.request_id, now())))
        await dropReportFile(db, folder, await reportOf(report.request_id, response));
      response.json(presentReport(await reportOf(report.request_id, response), now()));
    })
    .all(refuseMethod('GET, HEAD, DELETE'));

  router
    .route('/v2/reports/:request_id/file')
    .get(async (request, response) => {
      const report = await reportOf(request.params.request_id, response);
      await sendFile(report, response);
    })
    .all(refuseMethod('GET, HEAD'));

  /** @throws LetheError `route_not_found`, also for another account's report */
  async function reportOf(requestId: string, response: Response): Promise<Report> {
    const report = UUID.test(requestId) ? await findReport(db, callerOf(response).account._id, requestId) : null;
    if (!report) throw new LetheError('route_not_found', 'There is no such report');
    return report;
  }

  async function sendFile(report: Report, response: Response): Promise<void> {
    const isKept = report.file !== undefined && report.expires_at !== undefined && report.expires_at > now();
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

  /** The token of the person that is asked about, if the question names a number. */
  function tokenOf(account: string, { from, to }: RecordQuery): string | undefined {
    const party = [to, from].find((one) => one !== undefined && 'number' in one);
    return party && 'number' in party ? core.tokens.current(account, party.number) : undefined;
  }

  return router;
}
