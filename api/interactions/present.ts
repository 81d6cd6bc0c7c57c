import type { ErrorRequestHandler } from 'express';
import { InteractionFault } from '../../src/contracts/interactions/faults.ts';
import type { Interaction } from '../../src/contracts/interactions/row.ts';
import type { Reached } from '../../src/contracts/interactions/settings.ts';
import type { ErasureRequest } from '../../src/ledger/requests/ledger.ts';
import { toJson } from '../../src/lib/bson-text.ts';
import type { RefuseField } from '../http/unknown-fields.ts';

/** The settings of an account, and which of them are in force. */
export function presentSettings({ account, effective }: Reached): Record<string, unknown> {
  const { redaction } = account;
  return {
    account: account._id,
    agency: account.agency_id ?? null,
    ...(account.agency_id === undefined && { allow_sub_accounts: redaction?.allow_sub_accounts ?? false }),
    manual: redaction?.manual ?? false,
    automatic: redaction?.automatic ?? 'off',
    time_zone: account.time_zone,
    effective: { manual: effective.manual, automatic: effective.automatic },
  };
}

/** One row of the log. The platform may keep any type in a field: each is written as JSON can. */
export function presentInteraction(row: Interaction): unknown {
  return JSON.parse(toJson(row));
}

/** A request that redacts interactions. */
export function presentRedaction(request: ErasureRequest): Record<string, unknown> {
  return {
    reference: request.reference,
    state: request.state,
    created_at: request.created_at,
    due_at: request.due_at,
    completed_at: request.completed_at ?? null,
    before: request.selector.before ?? null,
    redacted: request.erased,
  };
}

/** A field or a parameter that is not known breaks a rule, as a value that is not allowed does. */
export const refuseAsFault: RefuseField = (message) => new InteractionFault('bad_field', message);

/** The refusals of this contract, in the forget contract's shape: the source document names no errors. */
export const presentFaults: ErrorRequestHandler = (error, _request, response, next) => {
  if (!(error instanceof InteractionFault) || response.headersSent) {
    next(error);
    return;
  }
  response.locals.refusal = error.fault;
  response.status(error.status).json({ error: { code: error.status, msg: error.message } });
};
