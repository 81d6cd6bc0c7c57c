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
  testTimeout: LIMITS.testMs,
  maxWorkers: 2,
  // Modules of finished test files stay in a worker's memory.
  workerIdleMemoryLimit: '1GB',
  collectCoverageFrom: ['{src,api,workers,cli,local}/**/*.ts'],
  // Istanbul's counters would be written into the code by Babel, which reads no TypeScript.
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'lcov'],
};
