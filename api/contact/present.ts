import type { ErrorName, LetheError } from '../../src/base/errors.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';

/** The contract's codes for the errors of the table. */
const ERROR_CODES = {
  bad_input: 'INVALID_ARGUMENT',
  no_affiliation: 'INVALID_ARGUMENT',
  unauthorized: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  csrf: 'FORBIDDEN',
  route_not_found: 'NOT_FOUND',
  no_records: 'NOT_FOUND',
  method_not_allowed: 'METHOD_NOT_ALLOWED',
  request_failed: 'INTERNAL',
  not_removable: 'NOT_REMOVABLE',
  body_too_large: 'PAYLOAD_TOO_LARGE',
  rate_limited: 'RATE_LIMITED',
  internal: 'INTERNAL',
  unavailable: 'UNAVAILABLE',
} as const satisfies Partial<Record<ErrorName, string>>;

/** `{"error_code","message"}`: the shape of this contract's errors. */
export function presentContactError(error: LetheError): { error_code: string; message: string } {
  const codes: Partial<Record<ErrorName, string>> = ERROR_CODES;
  return { error_code: codes[error.errorName] ?? 'INTERNAL', message: error.message };
}

/** The answer to an erasure, as the source document shows it. It may repeat the number: the caller sent it in the path. */
export function presentErased(number: PhoneNumber, records: number): Record<string, unknown> {
  return { erased: true, e164: `+${number}`, records_affected: records };
}
