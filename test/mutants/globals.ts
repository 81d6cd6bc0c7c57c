import { createRequire } from 'node:module';

const requireOfJest = createRequire(createRequire(import.meta.url).resolve('jest/package.json'));

/** What a test file imports from `@jest/globals`: jest's own runner and assertions, without the rest of jest around them. */
export const { afterAll, afterEach, beforeAll, beforeEach, describe, it }: typeof import('@jest/globals') =
  requireOfJest('jest-circus');
export const { expect }: typeof import('@jest/globals') = requireOfJest('expect');
