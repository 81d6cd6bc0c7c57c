import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { includes, type Places } from './coverage.ts';
import { engineTestsOf } from './engine-tests.ts';
import { createHostProcess } from './host-process.ts';
import type { Mutant } from './sites.ts';

/** The test file that failed with a mutant, or came to no end; null: none did, or none runs its place. */
export type Verdict = { readonly seen: string | null; readonly isRun: boolean };

export interface Judge {
  judge(mutant: Mutant): Promise<Verdict>;
  end(): void;
}

/** Unit tests of what may import the code that is changed. */
const UNIT_TESTS = ['contracts', 'engine', 'ledger', 'ops'].map((name) => `test/unit/${name}`);
/** A mutant may turn a loop into one without end: a test file gets so many times what it took without one, and this, at first. */
const SPARE_TIMES = 4;
const SPARE_MS = 10_000;
const LONGEST_MS = 300_000;
/** What it gets the second time. */
const AGAIN_MS = 120_000;

/** A test file as it is without a mutant. */
interface Sound {
  readonly test: string;
  readonly passes: boolean;
  readonly ms: number;
  readonly notRun: Places;
}
/** What judges share: each test file is measured once. */
export interface Known {
  readonly sound: Map<string, Promise<Sound>>;
  /** What saw the last faults of a folder, sees the next one most likely. */
  readonly likely: Map<string, string[]>;
}

/**
 * Asks the unit tests that run the place of a mutant, then the tests with engines that do, the quickest first. A test that
 * fails without a mutant, too, is not asked.
 * @param engines their addresses
 */
export function createJudge(
  engines: NodeJS.ProcessEnv,
  { sound, likely }: Known,
  print: (line: string) => void,
): Judge {
  const host = createHostProcess(engines);

  const measure = async (test: string): Promise<Sound> => {
    const run = () => host.run({ tests: [test], mutant: null }, () => LONGEST_MS);
    const first = await run();
    const { failed, ms, notRun } = first.failed === null ? first : await run();
    if (failed !== null) print(`not asked, as it fails without a mutant: ${test}`);
    return { test, passes: failed === null, ms, notRun };
  };

  /** @returns those that run the place of the mutant, in the order in which they are asked */
  const choose = async (mutant: Mutant, tests: readonly string[]): Promise<Sound[]> => {
    const position = await positionOf(mutant);
    const runs: Sound[] = [];
    for (const test of tests) {
      if (!sound.has(test)) sound.set(test, measure(test));
      const one = await sound.get(test);
      const places = one?.notRun[mutant.file];
      if (one?.passes && places && !includes(places, position)) runs.push(one);
    }
    const first = likely.get(dirname(mutant.file)) ?? [];
    const rank = ({ test }: Sound) => (first.includes(test) ? first.indexOf(test) : first.length);
    return runs.sort((one, other) => rank(one) - rank(other) || one.ms - other.ms);
  };

  /** @returns the first test file that fails; one that came to no end is asked once more, as the machine may be busy */
  const ask = async (mutant: Mutant, tests: readonly Sound[]): Promise<string | null> => {
    const longest = new Map(tests.map(({ test, ms }) => [test, SPARE_MS + SPARE_TIMES * ms]));
    let left = tests.map(({ test }) => test);
    while (left.length > 0) {
      const { failed, isLost } = await host.run({ tests: left, mutant }, (test) => longest.get(test) ?? SPARE_MS);
      if (failed === null) return null;
      const again = { tests: [failed], mutant };
      if (!isLost || (await host.run(again, () => AGAIN_MS)).failed !== null) {
        const name = dirname(mutant.file);
        likely.set(name, [...new Set([failed, ...(likely.get(name) ?? [])])]);
        return isLost ? `${failed} (no end)` : failed;
      }
      left = left.slice(left.indexOf(failed) + 1);
    }
    return null;
  };

  return {
    end: host.end,
    async judge(mutant) {
      const unit = await choose(mutant, await unitTests());
      const byUnit = await ask(mutant, unit);
      if (byUnit !== null || Object.keys(engines).length === 0) return { seen: byUnit, isRun: unit.length > 0 };
      const withEngines = await choose(mutant, await engineTestsOf(mutant.file));
      const seen = await ask(mutant, withEngines);
      // What a fault leaves running would disturb the next one.
      if (seen !== null) host.end();
      return { seen, isRun: unit.length + withEngines.length > 0 };
    },
  };
}

async function unitTests(): Promise<string[]> {
  const found = await Promise.all(UNIT_TESTS.map(async (folder) => ({ folder, names: await namesIn(folder) })));
  return found.flatMap(({ folder, names }) => names.map((name) => join(folder, name))).sort();
}

const namesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.test.ts'));

/** @returns line and column, both from 0 */
async function positionOf({ file, start }: Mutant): Promise<readonly [number, number]> {
  const lines = (await readFile(file)).subarray(0, start).toString().split('\n');
  return [lines.length - 1, lines.at(-1)?.length ?? 0];
}
