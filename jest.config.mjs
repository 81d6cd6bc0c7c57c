import { tsImport } from 'tsx/esm/api';

const { LIMITS } = await tsImport('./test/support/limits.ts', import.meta.url);

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  testTimeout: LIMITS.testMs,
  // Half of the long files wait for leases and processes: on two cores three workers take two minutes less than two.
  maxWorkers: 3,
  // Modules of finished test files stay in a worker's memory.
  workerIdleMemoryLimit: '1GB',
  // A worker with so much in its memory takes 0.2 to 0.5 s to exit on two busy cores, and jest's own limit is 500 ms
  // (jest-worker, BaseWorkerPool.end). Beyond this one "failed to exit gracefully" means what it says: a test file left
  // a timer or a socket behind.
  workerGracefulExitTimeout: LIMITS.exitMs,
  collectCoverageFrom: ['{src,api,workers,cli,local}/**/*.ts'],
  // Istanbul's counters would be written into the code by Babel, which reads no TypeScript.
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'lcov'],
};
