import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const DEMO = fileURLToPath(new URL('../../local/demo/main.ts', import.meta.url));

/** Runs the demo as `npm run demo -- …` does, on the suite's engines. */
function runDemo(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const tsx = createRequire(import.meta.url).resolve('tsx');
  const child = spawn(process.execPath, ['--import', tsx, DEMO, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

describe('the demo', () => {
  it('shows a forget from submit to "removed", and leaves with 0', async () => {
    const { code, output } = await runDemo(['forget']);
    expect(output).toContain('"msg":"Your request has been accepted"');
    expect(output).toContain('"msg":"The number has been removed"');
    expect(output).toContain('All as promised');
    expect(code).toBe(0);
  });

  it('ends with a drill that finds nothing left', async () => {
    const { code, output } = await runDemo(['drill']);
    expect(output).toMatch(/Nothing of \d+ records is left\./);
    expect(code).toBe(0);
  });

  it('names its scenes when asked for one that is not there, starts nothing, and leaves with 1', async () => {
    const { code, output } = await runDemo(['forgit']);
    expect(output.trim().split('\n')).toEqual([
      'demo: there is no such scene; there are: forget, transaction, contact, interactions, access, drill',
    ]);
    expect(code).toBe(1);
  });
});
