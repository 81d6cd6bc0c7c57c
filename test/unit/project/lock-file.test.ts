import { describe, expect, it } from '@jest/globals';
import { missingPackages, readLockFile } from '../../support/lock-file.ts';

describe('package-lock.json', () => {
  it('holds every optional package, so that npm ci works (npx tsx test/support/lock-file.ts completes it)', () => {
    expect(missingPackages(readLockFile()).map(({ name }) => name)).toEqual([]);
  });

  it('names no registry', () => {
    expect(JSON.stringify(readLockFile())).not.toContain('"resolved"');
  });
});
