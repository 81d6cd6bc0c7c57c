import { createRequire } from 'node:module';

const { TestEnvironment } = createRequire(createRequire(import.meta.url).resolve('jest/package.json'))(
  'jest-environment-node',
);

/** Jest's own environment, in which the first test that fails is the last of its file: one is enough to see a fault. */
export default class extends TestEnvironment {
  async handleTestEvent({ name, test }, { rootDescribeBlock }) {
    if (name === 'test_done' && test.errors.length > 0) skipAll(rootDescribeBlock);
  }
}

function skipAll({ children }) {
  for (const child of children) {
    if (child.type === 'describeBlock') skipAll(child);
    else child.mode = 'skip';
  }
}
