import { writeFileSync } from 'node:fs';

/** Says which test file was the first to fail. */
export default class {
  onTestFileResult({ path }, { numFailingTests, testExecError }) {
    const { MUTANT_FAILED: file } = process.env;
    if (!file || (numFailingTests === 0 && !testExecError)) return;
    try {
      writeFileSync(file, path, { flag: 'wx' });
    } catch {
      // Another was first.
    }
  }
}
