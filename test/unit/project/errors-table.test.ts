import { describe, expect, it } from '@jest/globals';
import { ERRORS, type ErrorName, FAILURES, LetheError } from '../../../src/base/errors.ts';

describe('the table of errors', () => {
  const rows = Object.entries(ERRORS) as [ErrorName, (typeof ERRORS)[ErrorName]][];

  it('has the codes of the contract', () => {
    expect([ERRORS.no_affiliation, ERRORS.no_records, ERRORS.request_failed]).toEqual([
      { status: 400, code: 76, message: 'Cannot use this number' },
      { status: 404, code: 77, message: 'No records found' },
      { status: 409, code: 78, message: 'Request failed' },
    ]);
  });

  it.each(rows)('uses the HTTP status as the code of %s, where the contract names none', (_name, row) => {
    if (row.code < 100) expect([76, 77, 78]).toContain(row.code);
    else expect(row.code).toBe(row.status);
    expect(row.status).toBeGreaterThanOrEqual(400);
  });

  it('gives an error its row', () => {
    const error = new LetheError('unavailable', undefined, { 'Retry-After': '5' });
    expect(error).toMatchObject({ errorName: 'unavailable', ...ERRORS.unavailable, headers: { 'Retry-After': '5' } });
    expect(new LetheError('bad_input', 'date is missing')).toMatchObject({ status: 400, message: 'date is missing' });
  });

  it('says nothing that looks like a number', () => {
    for (const text of [...rows.map(([, row]) => row.message), ...Object.values(FAILURES)])
      expect(text).not.toMatch(/\d{3}/);
  });
});
