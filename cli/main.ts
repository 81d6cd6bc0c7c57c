import { fchmodSync, fstatSync } from 'node:fs';
import { loadEnvFile } from './env-file.ts';
import { runCommand } from './program.ts';
import { readSecretLine } from './secret.ts';

const stopPrinting = () => process.exit(1);

/** Exits with 1 when the reader closes the pipe (`lethe request list | head`): output was lost, but nothing crashed. */
function printLine(line: string): void {
  if (!process.stdout.listeners('error').includes(stopPrinting)) process.stdout.on('error', stopPrinting);
  process.stdout.write(`${line}\n`);
}

/** Cut where the terminal would break the line: only one line is taken away again. */
function drawStatus(line: string): void {
  process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

/** What is printed into a file is for its owner alone. */
function keepPrivate(): void {
  if (fstatSync(process.stdout.fd).isFile()) fchmodSync(process.stdout.fd, 0o600);
}

// A file `.env` in the working directory fills in what the environment does not set itself.
const fault = loadEnvFile('.env', process.env);
if (fault !== undefined) {
  process.stderr.write(`lethe: ${fault}\n`);
  process.exit(1);
}
const code = await runCommand(process.argv.slice(2), {
  env: process.env,
  print: printLine,
  note: (line) => process.stderr.write(`${line}\n`),
  keepPrivate,
  ...(process.stdout.isTTY && { columns: process.stdout.columns }),
  ...(process.stderr.isTTY && { status: drawStatus }),
  readSecret: (question) => readSecretLine(process.stdin, (text) => process.stderr.write(text), question),
  now: () => new Date(),
});
// A fault ends the process even if a handle is open. Otherwise it ends with its work, and with the code that work set.
if (code !== 0) process.exit(code);
