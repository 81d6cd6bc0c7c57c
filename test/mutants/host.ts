import { createRequire, register } from 'node:module';
import { LIMITS } from '../support/limits.ts';
import { notRun, type Places, startCoverage } from './coverage.ts';
import { addressOf } from './hooks.ts';
import type { Mutant } from './sites.ts';

/** Test files to be run one after the other, until one fails. */
export interface Order {
  readonly tests: readonly string[];
  readonly mutant: Mutant | null;
}
/** What the process says: which file it begins, and in the end which one failed and what the last one did not run. */
export type Word =
  | { readonly begun: string }
  | { readonly failed: string | null; readonly ms: number; readonly notRun: Places; readonly isFull: boolean };

interface TestRun {
  readonly errors: readonly unknown[];
}
interface Block {
  readonly children: readonly (Block | { type: 'test'; mode: string })[];
  readonly type: 'describeBlock';
}
interface Circus {
  resetState(): void;
  getState(): { testTimeout: number; rootDescribeBlock: Block };
  run(): Promise<{ testResults: readonly TestRun[]; unhandledErrors: readonly unknown[] }>;
  addEventHandler(handler: (event: { name: string; test?: TestRun }) => void): void;
}
const requireOfJest = createRequire(createRequire(import.meta.url).resolve('jest/package.json'));
const circus: Circus = requireOfJest('jest-circus');

/** Modules that were loaded stay in memory. */
const MOST_BYTES = 1_500_000_000;
/** A fault that reaches nobody fails the test file, as in jest. */
const uncaught = new Set<unknown>();

async function passes(test: string, run: string, mutant: Mutant | null): Promise<boolean> {
  circus.resetState();
  circus.getState().testTimeout = LIMITS.testMs;
  uncaught.clear();
  try {
    await import(addressOf(test, run, mutant));
  } catch {
    return false;
  }
  const { testResults, unhandledErrors } = await circus.run();
  return unhandledErrors.length === 0 && uncaught.size === 0 && testResults.every(({ errors }) => errors.length === 0);
}

/** One test that fails is enough: the others of its file are left out. */
function skipAll({ children }: Block): void {
  for (const child of children) {
    if (child.type === 'describeBlock') skipAll(child);
    else child.mode = 'skip';
  }
}

const say = (word: Word) => process.send?.(word);

async function work({ tests, mutant }: Order, order: number): Promise<void> {
  const started = Date.now();
  let failed: string | null = null;
  for (const [index, test] of tests.entries()) {
    say({ begun: test });
    if (await passes(test, `${order}.${index}`, mutant)) continue;
    failed = test;
    break;
  }
  say({
    failed,
    ms: Date.now() - started,
    notRun: mutant ? {} : await notRun(`?run=${order}.0`),
    isFull: process.memoryUsage.rss() > MOST_BYTES,
  });
}

register('./hooks.ts', import.meta.url);
await startCoverage();
circus.addEventHandler(({ name, test }) => {
  if (name === 'test_done' && test && test.errors.length > 0) skipAll(circus.getState().rootDescribeBlock);
});
process.on('uncaughtException', (error) => uncaught.add(error));
process.on('unhandledRejection', (_, promise) => uncaught.add(promise));
process.on('rejectionHandled', (promise) => uncaught.delete(promise));
let orders = 0;
// Whoever gave the orders is gone.
process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => void work(order, ++orders));
