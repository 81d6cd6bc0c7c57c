import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'vite';

const ROOT = process.cwd();
/** As deep as `dist/cli`: the program looks for its package, its console and the pages of others above itself. */
const FOLDER = join(ROOT, 'dist', 'test');

/**
 * Builds what tests start as processes: as an installation has it, and then with its libraries in a few files. Started
 * from there a process takes less than half of the processor's time: most of it goes into finding and reading a thousand
 * modules.
 * @returns the file to start; null: it cannot be built, which `npm run compile` says better
 */
export async function buildProgram(): Promise<string | null> {
  if (!(await compile())) return null;
  try {
    await build({
      ...{ configFile: false, root: ROOT, publicDir: false, logLevel: 'error' },
      ssr: { noExternal: true },
      build: {
        ...{ ssr: join(ROOT, 'dist', 'cli', 'main.js'), outDir: FOLDER, emptyOutDir: true },
        ...{ target: 'node20', minify: false, reportCompressedSize: false },
        // The queue knows its errors by their class's name.
        rolldownOptions: { output: { keepNames: true } },
      },
    });
    return join(FOLDER, 'main.js');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return null;
  }
}

/** Without a look at the types: `npm run types` has that. */
function compile(): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', 'compile', '--', '--noCheck'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve) => {
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}
