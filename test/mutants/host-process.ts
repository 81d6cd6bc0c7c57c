import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Word } from './host.ts';

/** What became of an order: the test file that failed, or that came to no end. */
type Result = Omit<Extract<Word, { failed: unknown }>, 'isFull'> & { readonly isLost?: true };

export interface HostProcess {
  /** @param longestMs how long a test file may take, after which it counts as failed */
  run(order: Order, longestMs: (test: string) => number): Promise<Result>;
  /** Ends the process; the next order gets a new one. */
  end(): void;
}

/** A process that runs test files, with mutants or without; another takes its place when it ends or hangs. */
export function createHostProcess(env: NodeJS.ProcessEnv): HostProcess {
  let child: ChildProcess | null = null;
  const end = () => {
    child?.removeAllListeners();
    child?.kill('SIGKILL');
    child = null;
  };
  const start = () =>
    fork(fileURLToPath(new URL('host.ts', import.meta.url)), {
      execArgv: ['--import', import.meta.resolve('tsx'), '--no-warnings'],
      stdio: 'ignore',
      env: { ...process.env, ...env, NODE_ENV: 'test', TEST_PATIENCE: process.env.TEST_PATIENCE ?? '0.1' },
    });
  return {
    end,
    run: (order, longestMs) =>
      new Promise((resolve, reject) => {
        if (!child?.connected) child = start();
        let begun = '';
        let timer: NodeJS.Timeout | undefined;
        const finish = (result: Result, isOver: boolean) => {
          clearTimeout(timer);
          child?.removeAllListeners();
          if (isOver) end();
          resolve(result);
        };
        const lose = () => {
          if (begun === '') reject(new Error('the process that runs tests ends by itself'));
          finish({ failed: begun, ms: 0, notRun: {}, isLost: true }, true);
        };
        child.on('exit', lose);
        child.on('message', (word: Word) => {
          if (!('begun' in word)) return finish(word, word.isFull);
          begun = word.begun;
          clearTimeout(timer);
          timer = setTimeout(lose, longestMs(begun));
        });
        child.send(order);
      }),
  };
}
