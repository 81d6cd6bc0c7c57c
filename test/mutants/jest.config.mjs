import { fileURLToPath } from 'node:url';
import base from '../../jest.config.mjs';

const [[pattern, [, options]]] = Object.entries(base.transform);

/** The suite's own configuration, with a transformer that changes one place; which tests are run, the runner says. */
export default {
  ...base,
  rootDir: fileURLToPath(new URL('../..', import.meta.url)),
  // Which tests a file is related to is told by what they import: those files must be known, too.
  roots: ['test', 'src', 'api', 'workers', 'cli', 'local'].map((folder) => `<rootDir>/${folder}`),
  testMatch: JSON.parse(process.env.MUTANT_TESTS ?? '["**/*.test.ts"]'),
  transform: { [pattern]: [fileURLToPath(new URL('transform.mjs', import.meta.url)), options] },
};
