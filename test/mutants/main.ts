import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServices } from '../../local/services.ts';
import { randomSource } from '../support/random-source.ts';
import { isEquivalent } from './equivalent.ts';
import { createJudge, type Known, type Verdict } from './judge.ts';
import { findMutants, type Mutant } from './sites.ts';
import { createTypeCheck, type TypeCheck } from './types.ts';

const FOLDERS = ['src/engine', 'src/ledger'];
const LEAST = 0.9;
/** What sees a fault that is none of the types: it would not pass the checks of a commit, and no test is asked. */
const BY_COMPILER: Verdict = { seen: 'npm run types', isRun: false };

/**
 * `npm run mutants [-- --minutes N] [--most N] [--seed N] [--under FOLDER] [--only FILE:LINE,...] [--unit]`: puts faults into
 * engine and ledger, one at a time and in an order that the seed chooses, and looks whether the compiler refuses them or a
 * test sees them, until the time is over or so many were tried. `--only` tries all faults of some lines, such as those that
 * were missed; `--unit` asks unit tests alone; `--side-by-side` says how many processes run tests.
 * @returns the exit code: 1 when fewer than nine in ten were seen
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '60' },
      most: { type: 'string', default: '250' },
      seed: { type: 'string', default: '1' },
      under: { type: 'string' },
      only: { type: 'string' },
      unit: { type: 'boolean', default: false },
      'side-by-side': { type: 'string', default: '2' },
    },
  });
  const until = Date.now() + Number(values.minutes) * 60_000;
  const only = values.only?.split(',');
  const all = await listMutants(values.under?.split(',') ?? FOLDERS);
  const chosen = only ? all.filter(({ file, line }) => only.includes(`${file}:${line}`)) : all;
  const mutants = shuffle(chosen, Number(values.seed)).slice(0, Number(values.most));
  console.log(`${mutants.length} of ${chosen.length} mutants, ${values.minutes} minutes, seed ${values.seed}`);
  const folder = await mkdtemp(join(tmpdir(), 'lethe-mutants-'));
  const services = values.unit
    ? null
    : await startServices({ dataDir: folder, durable: false, print: (line) => console.error(line) });
  const engines = services ? { MONGODB_URI: services.mongodbUri, REDIS_URL: services.redisUrl } : {};
  const tried: Tried[] = [];
  const compiler = createTypeCheck();
  try {
    await tryAll(mutants, compiler, engines, until, Number(values['side-by-side']), (one) => {
      tried.push(one);
      console.log(tell(one));
    });
  } finally {
    compiler.close();
    await services?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  for (const one of tried) if (one.seen === null) console.log(tell(one));
  const folderOf = ({ mutant }: Tried) => dirname(mutant.file);
  for (const name of [...new Set(tried.map(folderOf))].sort())
    console.log(`${name}: ${tellScore(tried.filter((one) => folderOf(one) === name))}`);
  const compiled = tried.filter(({ seen }) => seen !== BY_COMPILER.seen);
  console.log(`of those that compile: ${tellScore(compiled)}`);
  console.log(`seed ${values.seed}: ${tellScore(tried)}`);
  return scoreOf(tried) >= LEAST ? 0 : 1;
}

interface Tried extends Verdict {
  readonly mutant: Mutant;
}

/** Several judges take the mutants from one list. */
async function tryAll(
  mutants: readonly Mutant[],
  compiler: TypeCheck,
  engines: NodeJS.ProcessEnv,
  until: number,
  judges: number,
  take: (tried: Tried) => void,
): Promise<void> {
  const waiting = [...mutants];
  const known: Known = { sound: new Map(), likely: new Map() };
  const work = async () => {
    const { judge, end } = createJudge(engines, known, (line) => console.log(line));
    for (let mutant = waiting.shift(); mutant && Date.now() < until; mutant = waiting.shift())
      take({ mutant, ...(compiler.refuses(mutant) ? BY_COMPILER : await judge(mutant)) });
    end();
  };
  await Promise.all(Array.from({ length: judges }, work));
}

const countSeen = (tried: readonly Tried[]) => tried.filter(({ seen }) => seen !== null).length;
const scoreOf = (tried: readonly Tried[]) => (tried.length === 0 ? 0 : countSeen(tried) / tried.length);
const tellScore = (tried: readonly Tried[]) =>
  `${countSeen(tried)} of ${tried.length} seen: ${Math.round(scoreOf(tried) * 100)} %`;

async function listMutants(folders: readonly string[]): Promise<Mutant[]> {
  const found: Mutant[] = [];
  for (const folder of folders)
    for (const name of folder.endsWith('.ts') ? [''] : (await readdir(folder, { recursive: true })).sort()) {
      const file = join(folder, name);
      if (!file.endsWith('.ts')) continue;
      const source = await readFile(file, 'utf8');
      const lines = source.split('\n');
      found.push(...findMutants(file, source).filter((one) => !isEquivalent(one, lines[one.line - 1] ?? '')));
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
const tell = ({ mutant: { file, line, was, text }, seen, isRun }: Tried) =>
  `${seen ? 'seen   ' : isRun ? 'MISSED ' : 'NOT RUN'}  ${file}:${line}  ${oneLine(was)}  ->  ${oneLine(text) || '(nothing)'}${seen ? `  by ${seen}` : ''}`;

process.exitCode = await main();
