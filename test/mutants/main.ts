import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServices } from '../../local/services.ts';
import { randomSource } from '../support/random-source.ts';
import { createJudge, type Judge } from './judge.ts';
import { findMutants, type Mutant } from './sites.ts';

const FOLDERS = ['src/engine', 'src/ledger'];
const LEAST = 0.9;

/**
 * `npm run mutants [-- --minutes N] [--seed N] [--under FOLDER] [--only FILE:LINE,...]`: puts faults into engine and ledger, one
 * at a time and in an order that the seed chooses, and looks whether a test sees them, until the time is over. `--only`
 * tries all faults of some lines, such as those that were missed.
 * @returns the exit code: 1 when fewer than nine in ten were seen
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '15' },
      seed: { type: 'string', default: '1' },
      under: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const until = Date.now() + Number(values.minutes) * 60_000;
  const only = values.only?.split(',');
  const all = await listMutants(values.under ? [values.under] : FOLDERS);
  const chosen = only ? all.filter(({ file, line }) => only.includes(`${file}:${line}`)) : all;
  const mutants = shuffle(chosen, Number(values.seed));
  console.log(`${mutants.length} mutants, ${values.minutes} minutes, seed ${values.seed}`);
  const folder = await mkdtemp(join(tmpdir(), 'lethe-mutants-'));
  const services = await startServices({ dataDir: folder, durable: false, print: (line) => console.error(line) });
  const judge = createJudge({ MONGODB_URI: services.mongodbUri, REDIS_URL: services.redisUrl }, folder);
  const tried: Tried[] = [];
  try {
    await assertJudged(judge);
    for (const mutant of mutants) {
      if (Date.now() > until) break;
      const seen = await judge(mutant);
      tried.push({ mutant, seen });
      console.log(`${seen ? 'seen  ' : 'MISSED'}  ${tell(mutant)}${seen ? `  by ${seen}` : ''}`);
    }
  } finally {
    await services.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const missed = tried.filter(({ seen }) => seen === null);
  for (const { mutant } of missed) console.log(`missed  ${tell(mutant)}`);
  const folderOf = ({ mutant }: Tried) => dirname(mutant.file);
  for (const name of [...new Set(tried.map(folderOf))].sort())
    console.log(`${name}: ${tellScore(tried.filter((one) => folderOf(one) === name))}`);
  console.log(tellScore(tried));
  return scoreOf(tried) >= LEAST ? 0 : 1;
}

interface Tried {
  readonly mutant: Mutant;
  /** The test file that saw it; null: none did. */
  readonly seen: string | null;
}

const countSeen = (tried: readonly Tried[]) => tried.filter(({ seen }) => seen !== null).length;
const scoreOf = (tried: readonly Tried[]) => (tried.length === 0 ? 0 : countSeen(tried) / tried.length);
const tellScore = (tried: readonly Tried[]) =>
  `${countSeen(tried)} of ${tried.length} seen: ${Math.round(scoreOf(tried) * 100)} %`;

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

/** @throws Error when the tests see a fault where there is none, or not one that nobody can overlook */
async function assertJudged(judge: Judge): Promise<void> {
  const sound: Mutant = { file: 'src/ledger/audit/entry.ts', line: 1, start: 0, end: 0, was: '', text: '' };
  const seen = await judge(sound);
  if (seen !== null) throw new Error(`tests fail without a mutant, too: ${seen}`);
  if ((await judge({ ...sound, text: "throw new Error('broken');" })) === null)
    throw new Error('no test sees a file that cannot be loaded');
}

process.exitCode = await main();
