#!/usr/bin/env node
import { existsSync } from 'node:fs';

const source = new URL('./main.ts', import.meta.url);
const built = new URL('../dist/cli/main.js', import.meta.url);

// In a checkout the source is what was last edited; an installation has the built files only.
if (existsSync(source)) {
  const { register } = await import('tsx/esm/api');
  register();
  await import(source.href);
} else if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write('lethe: not built: run npm run build\n');
  process.exitCode = 1;
}
