import { spawn } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { phoneNumber } from '../../support/numbers.ts';
import { findTraces } from '../../support/traces.ts';

const NUMBER = '447700900123';

/** Runs a script in a process of its own. @returns its exit code and everything it printed */
function run(script: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

/** As a driver's error is: the number in the message, in the command and in the cause. */
const ERROR = `Object.assign(
  new Error('E11000 duplicate key: { number: "${NUMBER}" }', { cause: new Error('sent +${NUMBER}') }),
  { op: { filter: { to: { $in: ['0${NUMBER.slice(2)}', ${NUMBER}n] } } }, code: 11000 },
)`;

describe('an error nobody caught', () => {
  const ways: [string, string][] = [
    ['thrown', `setTimeout(() => { throw ${ERROR}; })`],
    ['rejected', `Promise.reject(${ERROR})`],
    [
      'an event nobody listens to',
      `import { EventEmitter } from 'node:events'; new EventEmitter().emit('error', ${ERROR})`,
    ],
    ['no error at all', `setTimeout(() => { throw '${NUMBER}'; })`],
  ];
  it.each(ways)('%s: ends the process, and shows no number', async (_name, crash) => {
    const bare = await run(crash);
    expect(findTraces([['output', bare.output]], [phoneNumber(NUMBER)])).not.toEqual([]);

    const guarded = await run(`
      import { createLogger } from './src/base/log.ts';
      import { logCrashes } from './src/base/crash.ts';
      logCrashes(createLogger({ level: 'error', service: 'test' }));
      ${crash};
    `);
    expect(findTraces([['output', guarded.output]], [phoneNumber(NUMBER)])).toEqual([]);
    expect(guarded.code).toBe(1);
    expect(guarded.output.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(guarded.output)).toMatchObject({ level: 'error', message: 'crashed', service: 'test' });
  });
});

describe('a command whose output nobody reads on', () => {
  it('ends without a complaint', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'print-map'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, complaint]).toEqual([1, '']);
  });
});
