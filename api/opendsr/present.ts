import type { LetheError } from '../../src/base/errors.ts';

/** OpenDSR's shape of an error. */
export function presentDsrError(error: LetheError): unknown {
  const { status: code, message, errorName: reason } = error;
  return { error: { code, message, errors: [{ domain: 'opendsr', reason, message }] } };
}
