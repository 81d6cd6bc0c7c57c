import type { ErrorRequestHandler } from 'express';
import { ERRORS, type ErrorName } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import { type DescribedError, errorAnswers } from '../openapi/error-answers.ts';
import type { Answer } from '../openapi/operation.ts';
import { endRefused, logNotRemovable, toLetheError } from './errors.ts';
import type { RefuseField } from './unknown-fields.ts';

const BASE = 'https://developer.nexmo.com/api-errors';

/** The errors of the redact contract, as its source document words them, and of the doors that share its shape. */
const PROBLEMS = {
  premature: { status: 403, type: `${BASE}/redact#premature-redaction`, title: 'Premature Redaction' },
  unprovisioned: { status: 403, type: `${BASE}#unprovisioned`, title: 'Authorisation error' },
  forbidden: { status: 403, type: `${BASE}#forbidden`, title: 'Forbidden' },
  invalid_id: { status: 404, type: `${BASE}#invalid-id`, title: 'Invalid ID' },
  not_found: { status: 404, type: `${BASE}#not-found`, title: 'Not Found' },
  method_not_allowed: { status: 405, type: `${BASE}#method-not-allowed`, title: 'Method Not Allowed' },
  not_removable: { status: 409, type: `${BASE}#not-removable`, title: 'Not Removable' },
  too_large: { status: 413, type: `${BASE}#payload-too-large`, title: 'Payload Too Large' },
  invalid_json: { status: 422, type: `${BASE}#invalid-json`, title: 'Invalid JSON' },
  invalid_query: { status: 422, type: `${BASE}#invalid-query`, title: 'Invalid Query' },
  invalid_product: { status: 422, type: `${BASE}/redact#invalid-product`, title: 'Invalid Product' },
  rate_limit: { status: 429, type: `${BASE}/redact#rate-limit`, title: 'Rate Limit Hit' },
  internal: { status: 500, type: `${BASE}#internal-error`, title: 'Internal Error' },
  unavailable: { status: 503, type: `${BASE}#service-unavailable`, title: 'Service Unavailable' },
} as const satisfies Record<string, { status: number; type: string; title: string }>;

export type ProblemName = keyof typeof PROBLEMS;

/** The one error without a detail, as the source document prints it. */
const UNAUTHORIZED = { type: 'UNAUTHORIZED', error_title: 'Unauthorized' } as const;

/** A refused request. `detail` is shown to the caller, and never holds a number. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly problem: ProblemName;

  constructor(problem: ProblemName, detail: string) {
    super(detail);
    this.problem = problem;
  }
}

const KNOWN: Partial<Record<ErrorName, readonly [problem: ProblemName, detail?: string]>> = {
  bad_input: ['invalid_json'],
  forbidden: ['forbidden'],
  csrf: ['forbidden'],
  route_not_found: ['not_found'],
  no_records: ['not_found'],
  method_not_allowed: ['method_not_allowed'],
  not_removable: ['not_removable'],
  body_too_large: ['too_large'],
  rate_limited: ['rate_limit', 'Please wait, then retry your request'],
  unavailable: ['unavailable'],
};

/** A field or a parameter that a door with this shape does not know. */
export const refuseAsProblem: RefuseField = (message, place) =>
  new Problem(place === 'query' ? 'invalid_query' : 'invalid_json', message);

/** The end of a failed request of a door with this shape. The `instance` of each answer stands in the log. */
export function handleProblems(logger: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const requestId = response.locals.requestId;
    const { name, problem, headers } = toProblem(error);
    response.locals.refusal = name;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.set(headers);
    if (problem === null) {
      endRefused(request, response.status(401), UNAUTHORIZED);
      return;
    }
    const { status, ...body } = presentProblem(problem.problem, problem.message, instanceOf(requestId));
    const facts = { request_id: requestId, instance: body.instance, problem: problem.problem };
    if (status >= 500) logger.error('request failed', { ...facts, error });
    else logger.info('request refused', facts);
    logNotRemovable(logger, requestId, error);
    endRefused(request, response.status(status), body);
  };
}

interface Refused {
  /** For the access line: a problem's own name, or that of the table's error behind it. */
  readonly name: ProblemName | ErrorName;
  /** Null for an unknown caller, whose answer has a form of its own. */
  readonly problem: Problem | null;
  readonly headers: Readonly<Record<string, string>>;
}

function toProblem(error: unknown): Refused {
  if (error instanceof Problem) return { name: error.problem, problem: error, headers: {} };
  // A path that cannot be decoded holds an id of nothing.
  if (error instanceof URIError) return toProblem(new Problem('invalid_id', 'The ID could not be found'));
  const { errorName: name, message, headers } = toLetheError(error);
  if (name === 'unauthorized') return { name, problem: null, headers };
  const [problem, detail = message] = KNOWN[name] ?? ['internal', 'Internal error'];
  return { name, problem: new Problem(problem, detail), headers };
}

function presentProblem(name: ProblemName, detail: string, instance: string) {
  const { status, type, title } = PROBLEMS[name];
  return { status, type, title, detail, instance };
}

/** 32 hexadecimal digits: the request's own id, without its dashes. */
const instanceOf = (requestId: string | undefined) => (requestId ?? '').replaceAll('-', '');

/** Problems as answers, after those that every guarded operation has. */
export function problemAnswers(details: Partial<Record<ProblemName, string>>): Record<number, Answer> {
  const all: Partial<Record<ProblemName, string>> = {
    invalid_query: 'sanbox is not known here',
    ...details,
    forbidden: ERRORS.forbidden.message,
    too_large: 'The body is larger than 10 kB',
    rate_limit: 'Please wait, then retry your request',
    unavailable: 'The database cannot keep a promise just now. Try again.',
  };
  const problems = (Object.entries(all) as [ProblemName, string][]).map(([name, detail]): DescribedError => {
    const { status, ...example } = presentProblem(name, detail, 'bf0ca0bf927b3b52e3cb03217e1a1ddf');
    return { status, description: example.title, example };
  });
  return errorAnswers([{ status: 401, description: 'Unauthorized', example: UNAUTHORIZED }, ...problems]);
}
