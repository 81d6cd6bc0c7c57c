#!/usr/bin/env node
import { existsSync } from 'node:fs';

const source = new URL('./main.ts', import.meta.url);
const built = new URL('../dist/cli/main.js', import.meta.url);

/** Absent where development packages were pruned. */
async function loadTsx() {
  try {
    return await import('tsx/esm/api');
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

const LOOK_MS = 250;

/**
 * Ends this process when npx is gone: a signal sent to npx ends npx and the shell below it, which passes none on, and
 * the program would run on unseen. Only below npx: elsewhere a parent may end and mean its child to stay.
 */
function followNpx() {
  if (process.env.npm_command !== 'exec') return;
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_MS).unref();
  // Ctrl-C reaches npx, the shell and this process alike. The program takes a second signal for impatience.
  for (const name of ['SIGINT', 'SIGTERM'])
    process.once(name, () => {
      clearInterval(look);
      // With a listener the signal does nothing by itself: without another one it is sent again, to do what it does.
      if (process.listenerCount(name) === 0) process.kill(process.pid, name);
    });
}

followNpx();

// In a checkout the source is what was last edited; an installation has the built files only.
const tsx = existsSync(source) ? await loadTsx() : undefined;
if (tsx) {
  tsx.register();
  await import(source.href);
} else if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write('lethe: not built: run npm ci && npm run build\n');
  process.exitCode = 1;
}
