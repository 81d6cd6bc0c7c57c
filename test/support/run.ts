import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { startServices } from '../../local/services.ts';
import { askJest, JEST } from './jest.ts';
import { type StrictMongo, startStrictMongo } from './strict-mongo.ts';

/**
 * `npm test`: brings up the engines (or takes MONGODB_URI and REDIS_URL as they are), runs jest, takes the engines down.
 * The last line is `N passed, N failed`. Arguments go to jest: `npm test -- test/unit`. When jest would run nothing but
 * tests under test/unit, which need no engines, none are started.
 */
async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const folder = await mkdtemp(join(tmpdir(), 'lethe-test-'));
  const engines = (await needsEngines(args))
    ? await startServices({ dataDir: folder, durable: false, print: (line) => console.error(line) })
    : null;
  // STRICT_MONGO=1: everything through the proxy that refuses what MongoDB refuses and the local engine does not.
  const uri = engines?.mongodbUri ?? process.env.MONGODB_URI;
  const strict = process.env.STRICT_MONGO && uri ? await startStrictMongo(uri) : null;
  const results = join(folder, 'results.json');
  let code = 1;
  try {
    const env = engines ? { MONGODB_URI: engines.mongodbUri, REDIS_URL: engines.redisUrl } : {};
    // Loaded late: tests without engines start no process of the program.
    const program = engines && (await (await import('./program.ts')).buildProgram());
    code = await runJest(['--json', `--outputFile=${results}`, ...args], {
      ...env,
      ...(program && { LETHE_TEST_PROGRAM: program }),
      ...(strict && { MONGODB_URI: strict.uri }),
    });
    if (strict) code = tellStrict(strict) || code;
    const { passed, failed } = await readResults(results);
    console.log(`${passed} passed, ${failed} failed`);
    if (passed === 0) code = code || 1;
  } finally {
    await strict?.close();
    await engines?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return code;
}

/** @returns 1 when a command broke a server's own rules */
function tellStrict({ broken, seen }: StrictMongo): number {
  console.error(`strict: ${seen.length} commands`);
  for (const rule of new Set(broken)) console.error(`strict: ${rule}`);
  return broken.length > 0 ? 1 : 0;
}

/** Jest itself says which files these arguments choose. When it cannot, it will say why in the run. */
async function needsEngines(args: readonly string[]): Promise<boolean> {
  // Watching goes on to other files on a key press.
  if (args.some((arg) => arg.startsWith('--watch'))) return true;
  const { code, output } = await askJest(['--listTests', ...args]);
  if (code !== 0) return false;
  const files = output.split('\n').filter((line) => line.endsWith('.test.ts'));
  return files.some((file) => !relative(process.cwd(), file).startsWith(join('test', 'unit') + sep));
}

function runJest(args: readonly string[], engines: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [...JEST, ...args], {
    // Standard output is for the last line: what jest writes there, a summary of the coverage, goes to standard error.
    stdio: ['inherit', process.stderr, 'inherit'],
    env: { ...process.env, ...engines, NODE_ENV: 'test' },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

async function readResults(file: string): Promise<{ passed: number; failed: number }> {
  try {
    const report = JSON.parse(await readFile(file, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numRuntimeErrorTestSuites: number;
    };
    return { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    console.log('0 passed, 1 failed');
    process.exitCode = 1;
  },
);
