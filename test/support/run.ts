import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServices } from '../../local/services.ts';

/**
 * `npm test`: brings up the engines (or takes MONGODB_URI and REDIS_URL as they are), runs jest, takes the engines down.
 * The last line is `N passed, N failed`. Arguments go to jest: `npm test -- test/unit`.
 */
async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-test-'));
  const results = join(folder, 'results.json');
  const services = await startServices({ dataDir: folder, durable: false, print: (line) => console.error(line) });
  let code = 1;
  try {
    code = await runJest(process.argv.slice(2), results, {
      MONGODB_URI: services.mongodbUri,
      REDIS_URL: services.redisUrl,
    });
    const { passed, failed } = await readResults(results);
    console.log(`${passed} passed, ${failed} failed`);
    if (passed === 0) code = code || 1;
  } finally {
    await services.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return code;
}

function runJest(args: string[], results: string, engines: NodeJS.ProcessEnv): Promise<number> {
  const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
  const child = spawn(
    process.execPath,
    ['--experimental-vm-modules', '--no-warnings', jest, '--json', `--outputFile=${results}`, ...args],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...engines, NODE_ENV: 'test' },
    },
  );
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
