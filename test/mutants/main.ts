import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServices } from '../../local/services.ts';
import { randomSource } from '../support/random-source.ts';
import { findMutants, type Mutant } from './sites.ts';

const FOLDERS = ['src/engine', 'src/ledger'];
/**
 * Tests with engines that are about a folder: a mutant that all unit tests miss meets those of the longest folder that it
 * lies in. Almost every such test imports almost everything: what it is related to says nothing.
 */
const ENGINE_TESTS: Readonly<Record<string, readonly string[]>> = {
  'src/engine': ['integration/engine/*'],
  'src/ledger': ['integration/ledger/requests/erase', 'integration/ledger/requests/relay'],
  'src/ledger/accounts': ['integration/ledger/accounts/*', 'integration/cli/accounts-cli', 'e2e/limits'],
  'src/ledger/at-once': ['e2e/contact/*', 'e2e/transaction/*', 'integration/ledger/references/doors'],
  'src/ledger/audit': ['integration/ledger/audit/*', 'integration/oversight'],
  'src/ledger/guard': ['integration/ledger/guard/*'],
  'src/ledger/opendsr': ['e2e/opendsr/*'],
  'src/ledger/people': ['e2e/console/*'],
  'src/ledger/receipts': ['e2e/receipt/*', 'integration/ledger/requests/erase'],
  'src/ledger/recordings': ['integration/ledger/recordings/*'],
  'src/ledger/references': ['integration/ledger/references/*'],
  'src/ledger/requests': ['integration/ledger/requests/*', 'e2e/requests/*', 'integration/oversight'],
  'src/ledger/scan': ['integration/ledger/scan/*'],
  'src/ledger/suppression': ['e2e/forget/*'],
  'src/ledger/tombstones': ['integration/ledger/guard/*'],
  'src/ledger/webhooks': ['integration/ledger/webhooks/*', 'e2e/opendsr/*'],
  'src/ledger/work': ['integration/ledger/requests/*'],
};

function engineTestsOf(file: string): string[] {
  const folders = Object.keys(ENGINE_TESTS).filter((folder) => file.startsWith(`${folder}/`));
  const [longest = ''] = folders.sort((one, other) => other.length - one.length);
  return (ENGINE_TESTS[longest] ?? []).map((name) => `**/test/${name}.test.ts`);
}

/** Those about code, not about pages and packages. */
const UNIT_TESTS = ['base', 'contracts', 'engine', 'ledger', 'lib', 'ops', 'phone'].map(
  (name) => `**/test/unit/${name}/**/*.test.ts`,
);
const LEAST = 0.9;
/** A mutant may turn a loop into one without end. */
const LONGEST_MS = 600_000;

/**
 * `npm run mutants [-- --minutes N] [--seed N] [--under FOLDER]`: puts faults into engine and ledger, one at a time and in an order that the
 * seed chooses, and looks whether a test sees them, until the time is over.
 * @returns the exit code: 1 when fewer than nine in ten were seen
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '15' },
      seed: { type: 'string', default: '1' },
      under: { type: 'string' },
    },
  });
  const until = Date.now() + Number(values.minutes) * 60_000;
  const mutants = shuffle(await listMutants(values.under ? [values.under] : FOLDERS), Number(values.seed));
  console.log(`${mutants.length} mutants, ${values.minutes} minutes, seed ${values.seed}`);
  const folder = await mkdtemp(join(tmpdir(), 'lethe-mutants-'));
  const services = await startServices({ dataDir: folder, durable: false, print: (line) => console.error(line) });
  const engines = { MONGODB_URI: services.mongodbUri, REDIS_URL: services.redisUrl, TEST_PATIENCE: '0.2' };
  const missed: Mutant[] = [];
  let tried = 0;
  try {
    await assertJudged(engines);
    for (const mutant of mutants) {
      if (Date.now() > until) break;
      tried += 1;
      const isSeen =
        (await isSeenBy(UNIT_TESTS, mutant, {})) || (await isSeenBy(engineTestsOf(mutant.file), mutant, engines));
      if (!isSeen) missed.push(mutant);
      console.log(`${isSeen ? 'seen  ' : 'MISSED'}  ${tell(mutant)}`);
    }
  } finally {
    await services.stop();
    await rm(folder, { recursive: true, force: true });
  }
  for (const mutant of missed) console.log(`missed  ${tell(mutant)}`);
  const score = tried === 0 ? 0 : (tried - missed.length) / tried;
  console.log(`${tried - missed.length} of ${tried} seen: ${Math.round(score * 100)} %`);
  return score >= LEAST ? 0 : 1;
}

async function listMutants(folders: readonly string[]): Promise<Mutant[]> {
  const found: Mutant[] = [];
  for (const folder of folders)
    for (const name of (await readdir(folder, { recursive: true })).sort()) {
      const file = join(folder, name);
      if (file.endsWith('.ts')) found.push(...findMutants(file, await readFile(file, 'utf8')));
    }
  return found;
}

function shuffle<Item>(items: readonly Item[], seed: number): Item[] {
  const random = randomSource(seed);
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 60);
const tell = ({ file, line, was, text }: Mutant) =>
  `${file}:${line}  ${oneLine(was)}  ->  ${oneLine(text) || '(nothing)'}`;

const JEST = ['--experimental-vm-modules', '--no-warnings', createRequire(import.meta.url).resolve('jest/bin/jest')];

/** @throws Error when the tests see a fault where there is none, or not one that nobody can overlook */
async function assertJudged(engines: NodeJS.ProcessEnv): Promise<void> {
  const sound: Mutant = { file: 'src/ledger/audit/entry.ts', line: 1, start: 0, end: 0, was: '', text: '' };
  const broken = { ...sound, text: "throw new Error('broken');" };
  for (const [tests, env] of [
    [UNIT_TESTS, {}],
    [engineTestsOf(sound.file), engines],
  ] as const) {
    if (await isSeenBy(tests, sound, env))
      throw new Error(`tests fail without a mutant, too, among those of ${tests.join(', ')}`);
    if (tests !== UNIT_TESTS && !(await isSeenBy(tests, broken, env)))
      throw new Error('no test sees a file that cannot be loaded');
  }
}

/** Do these tests fail with the mutant in its file? Of unit tests those that are related to the file are run. */
function isSeenBy(tests: readonly string[], mutant: Mutant, env: NodeJS.ProcessEnv): Promise<boolean> {
  const args = [
    '--config',
    'test/mutants/jest.config.mjs',
    '--bail',
    '--silent',
    '--passWithNoTests',
    ...(tests === UNIT_TESTS ? ['--findRelatedTests', mutant.file] : []),
  ];
  const child = spawn(process.execPath, [...JEST, ...args], {
    stdio: 'ignore',
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      ...env,
      NODE_ENV: 'test',
      MUTANT: JSON.stringify(mutant),
      MUTANT_TESTS: JSON.stringify(tests),
    },
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code !== 0));
  });
}

process.exitCode = await main();
