import { type Request, type RequestHandler, type Response, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { ProcessorSigner } from '../../src/base/keys/processor-signer.ts';
import { listOf } from '../../src/base/outgoing/addresses.ts';
import { type AcceptDependencies, acceptForget, delayOf } from '../../src/contracts/forget/accept.ts';
import { CANCEL_REFUSALS, cancelRequest } from '../../src/contracts/requests/cancel.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import {
  addSubjectRequest,
  findSubjectRequest,
  type SubjectRequest,
  statusOf,
  tellEnd,
} from '../../src/ledger/opendsr/subject-requests.ts';
import { REQUEST_CALL } from '../../src/ledger/requests/ledger.ts';
import { faultOfUrl } from '../../src/ledger/webhooks/url.ts';
import { callWorker } from '../../src/ledger/work/call.ts';
import { type PhoneNumber, parseSubjectNumber } from '../../src/phone/number.ts';
import { callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields, tellNumberFault } from '../http/fields.ts';
import { subjectRequestParams, subjectRequestSchema } from './schema.ts';

const API_VERSION = '2.0';
const BASE = '/opendsr/2.0';
const IDENTITY = { identity_type: 'controller_customer_id', identity_format: 'raw' } as const;

/** The routes of OpenDSR 2.0. Without its key and certificate none of them is there. */
export function opendsrRoutes(deps: DoorDependencies): Router {
  const { processor } = deps.core;
  const router = Router();
  const setUp =
    (work: (signer: ProcessorSigner, request: Request, response: Response) => Promise<void> | void): RequestHandler =>
    async (request, response) => {
      if (!processor) throw new LetheError('route_not_found', 'OpenDSR is not set up here');
      await work(processor, request, response);
    };
  router
    .route(`${BASE}/discovery`)
    .get(
      setUp(({ domain }, _request, response) => {
        response.json({
          api_version: API_VERSION,
          supported_identities: [IDENTITY],
          supported_subject_request_types: ['erasure'],
          processor_certificate: `https://${domain}${BASE}/certificate.pem`,
        });
      }),
    )
    .all(refuseMethod('GET, HEAD'));
  router
    .route(`${BASE}/certificate.pem`)
    .get(
      setUp(({ certificate }, _request, response) => {
        response.type('application/x-pem-file').send(certificate);
      }),
    )
    .all(refuseMethod('GET, HEAD'));
  const guards = deps.guards();
  router
    .route(`${BASE}/requests`)
    .all(...guards)
    .post(async (request, response) => {
      // What is sent is looked at first: a field that is not known is named also where OpenDSR is not set up.
      const fields = checkFields(subjectRequestSchema, await readBody(request));
      await setUp((signer) => receive(deps, signer, fields, request, response))(request, response, () => {});
    })
    .all(refuseMethod('POST'));
  router
    .route(`${BASE}/requests/:subject_request_id`)
    .all(...guards)
    .get(
      setUp(async (signer, request, response) => {
        const row = await find(deps, request, response);
        const { status, count } = await statusOf(deps.core.db, row);
        answer(signer, response, 200, {
          ...{ controller_id: row.account_id, expected_completion_time: row.due_at },
          ...{ subject_request_id: row.subject_request_id, request_status: status },
          ...{ api_version: API_VERSION, results_count: count },
        });
      }),
    )
    .delete(setUp((signer, request, response) => cancel(deps, signer, request, response)))
    .all(refuseMethod('GET, HEAD, DELETE'));
  return router;
}

/** What is signed is what is sent, byte by byte. */
function answer({ headersOf }: ProcessorSigner, response: Response, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.status(status).set(headersOf(text)).type('application/json').send(text);
}

async function find(deps: DoorDependencies, request: Request, response: Response): Promise<SubjectRequest> {
  const { subject_request_id: id } = checkFields(subjectRequestParams, request.params);
  const row = await findSubjectRequest(deps.core.db, callerOf(response).account._id, id);
  if (!row) throw new LetheError('no_records');
  return row;
}

async function receive(
  deps: DoorDependencies,
  signer: ProcessorSigner,
  fields: Fields,
  request: Request,
  response: Response,
): Promise<void> {
  const { core, now } = deps;
  const { account, actor } = callerOf(response);
  const { subject_request_id: id, status_callback_urls: callbacks } = fields;
  const allowed = listOf(core.config.WEBHOOK_ALLOWED_NETWORKS);
  for (const url of callbacks) {
    const fault = faultOfUrl(url, allowed);
    if (fault !== undefined) throw new LetheError('bad_input', `status_callback_urls: each ${fault}`);
  }
  const number = readNumber(fields, signer.domain, core.config.NUMBER_PREFIXES);
  const known = await findSubjectRequest(core.db, account._id, id);
  const row = known ?? (await open(deps, { account, actor, number, id, callbacks }, now()));
  answer(signer, response, 201, {
    ...{ controller_id: account._id, expected_completion_time: row.due_at, received_time: row.received_at },
    encoded_request: Buffer.isBuffer(request.body) ? request.body.toString('base64') : '',
    subject_request_id: id,
  });
}

interface Opening {
  readonly account: Account;
  readonly actor: string;
  readonly number: PhoneNumber;
  readonly id: string;
  readonly callbacks: readonly string[];
}

/** One about whom nothing is held is done at once. */
async function open(deps: DoorDependencies, given: Opening, at: Date): Promise<SubjectRequest> {
  const { core, deadlineMs, graceMs } = deps;
  const { account, actor, number, id, callbacks } = given;
  const accept: AcceptDependencies = { ...core, deadlineMs, graceMs };
  const accepted = await acceptForget(accept, { account, actor, number, unsuppress: false }, at).catch(
    (error: unknown) => {
      if (error instanceof LetheError && error.errorName === 'no_affiliation') return null;
      throw error;
    },
  );
  const reference = accepted?.request.reference;
  const due = new Date((accepted?.request.created_at ?? at).getTime() + deadlineMs);
  const row = await addSubjectRequest(
    core.db,
    {
      ...{ account_id: account._id, subject_request_id: id, received_at: at, due_at: due },
      ...(reference !== undefined && { reference }),
    },
    callbacks,
  );
  if (accepted?.fresh) await callWorker(deps, REQUEST_CALL, accepted.request, delayOf(accepted.request, at));
  // A worker may have been faster than its callbacks were written down.
  const { status } = await statusOf(core.db, row);
  if (status === 'completed') await tellEnd(core.db, row, 'completed', at);
  return row;
}

async function cancel(
  deps: DoorDependencies,
  signer: ProcessorSigner,
  request: Request,
  response: Response,
): Promise<void> {
  const { core, now } = deps;
  const row = await find(deps, request, response);
  const { account, actor: by } = callerOf(response);
  const at = now();
  const { status } = await statusOf(core.db, row);
  if (status !== 'cancelled') {
    // The standard lets a controller cancel what is pending, and knows one answer to all else.
    if (row.reference === undefined) throw new LetheError('bad_input', CANCEL_REFUSALS.finished);
    const result = await cancelRequest(core, { account, reference: row.reference, by }, at);
    if ('refusal' in result) throw new LetheError('bad_input', CANCEL_REFUSALS[result.refusal]);
  }
  await tellEnd(core.db, row, 'cancelled', at);
  answer(signer, response, 202, {
    ...{ controller_id: account._id, subject_request_id: row.subject_request_id },
    ...{ received_time: at, api_version: API_VERSION },
  });
}

type Fields = ReturnType<typeof subjectRequestSchema.parse>;

/** The one number of a request. @throws LetheError `bad_input` */
function readNumber(
  { subject_identities, extensions }: Fields,
  domain: string,
  prefixes: readonly string[],
): PhoneNumber {
  const given = [
    ...subject_identities.map((one) => {
      if (one.identity_type !== IDENTITY.identity_type || one.identity_format !== IDENTITY.identity_format)
        throw new LetheError('bad_input', 'subject_identities: only controller_customer_id, raw, is supported');
      return one.identity_value;
    }),
    ...(extensions?.[domain]?.phone_number === undefined ? [] : [extensions[domain].phone_number]),
  ].map((value) => (typeof value === 'string' ? value.replace(/^\+/, '') : value));
  const [value, ...others] = [...new Set(given)];
  if (value === undefined || others.length > 0)
    throw new LetheError(
      'bad_input',
      'one number is needed, in subject_identities or in the extension of this processor',
    );
  const parsed = parseSubjectNumber(value, prefixes);
  if (!parsed.ok) throw new LetheError('bad_input', `the number ${tellNumberFault(parsed.reason, prefixes)}`);
  return parsed.number;
}
