import { fileURLToPath } from 'node:url';
import base from '../../jest.config.mjs';

const [[pattern, [, options]]] = Object.entries(base.transform);
const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The suite's own configuration, with a transformer that changes one place; which tests are run, the runner says. */
export default {
  ...base,
  rootDir: pathOf('../..'),
  // Which tests a file is related to is told by what they import: those files must be known, too.
  roots: ['test', 'src', 'api', 'workers', 'cli', 'local'].map((folder) => `<rootDir>/${folder}`),
  transform: { [pattern]: [pathOf('transform.mjs'), options] },
  testEnvironment: pathOf('environment.mjs'),
  testSequencer: pathOf('sequencer.mjs'),
  reporters: [pathOf('reporter.mjs')],
  maxWorkers: 2,
};
