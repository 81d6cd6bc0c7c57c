import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const MODULE = new URL('../../../src/base/shutdown.ts', import.meta.url).href;

/** A process that shuts down with these steps. @returns its exit code and what it printed */
function shutDown(steps: string, code = 0): { status: number | null; out: string } {
  const script = `
    import { installShutdown } from '${MODULE}';
    const logger = { error: (m, f) => console.log(m, f.step), warn() {}, info: (m) => console.log(m), debug() {} };
    await installShutdown([${steps}], { timeoutMs: 10_000, logger })(${code});
  `;
  const args = ['--import', LOADER, '--input-type=module', '-e', script];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, out: stdout.trim() };
}

describe('a shutdown', () => {
  it('ends with the code it was given when every step has run', () => {
    expect(shutDown("{ name: 'one', run: () => console.log('ran') }")).toEqual({ status: 0, out: 'ran\nstopped' });
    expect(shutDown('', 3)).toEqual({ status: 3, out: 'stopped' });
  });

  it('runs the steps behind one that fails, and does not call it fine', () => {
    const steps =
      "{ name: 'bad', run: () => { throw new Error('no'); } }, { name: 'two', run: () => console.log('ran') }";
    expect(shutDown(steps)).toEqual({ status: 1, out: 'shutdown step failed bad\nran\nstopped' });
  });
});
