import { readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { askJest } from '../support/jest.ts';
import { engineTestsOf } from './engine-tests.ts';
import type { Mutant } from './sites.ts';

/** @returns the test file that fails with the mutant in its file; null: none does */
export type Judge = (mutant: Mutant) => Promise<string | null>;

/** Unit tests about code, not about pages and packages. */
const UNIT_TESTS = ['base', 'contracts', 'engine', 'ledger', 'lib', 'ops', 'phone'].map((name) => `test/unit/${name}/`);
/** A mutant may turn a loop into one without end. */
const LONGEST_MS = 240_000;

/**
 * @param engines their addresses
 * @param folder for files of one run
 */
export function createJudge(engines: NodeJS.ProcessEnv, folder: string): Judge {
  const known = new Map<string, string[]>();
  /** What saw the last faults of a folder, sees the next one most likely. */
  const likely = new Map<string, string[]>();

  const testsOf = async (file: string): Promise<string[]> => {
    const tests = known.get(file) ?? [...(await relatedUnitTests(file)), ...(await engineTestsOf(file))];
    known.set(file, tests);
    const first = (likely.get(dirname(file)) ?? []).filter((test) => tests.includes(test));
    return [...new Set([...first, ...tests])];
  };

  return async (mutant) => {
    const tests = await testsOf(mutant.file);
    const failed = join(folder, 'failed');
    await rm(failed, { force: true });
    const { code } = await ownJest(['--bail', '--silent', '--runTestsByPath', ...tests], {
      ...engines,
      TEST_PATIENCE: '0.1',
      MUTANT: JSON.stringify(mutant),
      MUTANT_TESTS: JSON.stringify(tests),
      MUTANT_FAILED: failed,
    });
    if (code === 0) return null;
    const seen = relative(process.cwd(), await readFile(failed, 'utf8').catch(() => 'no end'));
    const name = dirname(mutant.file);
    likely.set(name, [...new Set([seen, ...(likely.get(name) ?? [])])]);
    return seen;
  };
}

/** Unit tests that import the file, directly or not. */
async function relatedUnitTests(file: string): Promise<string[]> {
  const { output } = await ownJest(['--listTests', '--findRelatedTests', file]);
  const tests = output.split('\n').filter((line) => line.endsWith('.test.ts'));
  return tests
    .map((test) => relative(process.cwd(), test))
    .filter((test) => UNIT_TESTS.some((name) => test.startsWith(name)))
    .sort();
}

const ownJest = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  askJest(['--config', 'test/mutants/jest.config.mjs', ...args], env, LONGEST_MS);
