import { runCommand } from './program.ts';
import { readSecretLine } from './secret.ts';

/** A file `.env` in the working directory fills in what the environment does not set itself. */
function loadEnvFile(): string | undefined {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return 'the file .env cannot be read';
  }
  return undefined;
}

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

const fault = loadEnvFile();
if (fault !== undefined) {
  process.stderr.write(`lethe: ${fault}\n`);
  process.exit(1);
}
const code = await runCommand(process.argv.slice(2), {
  env: process.env,
  print: printLine,
  note: (line) => process.stderr.write(`${line}\n`),
  ...(process.stderr.isTTY && { status: drawStatus }),
  readSecret: (question) => readSecretLine(process.stdin, (text) => process.stderr.write(text), question),
  now: () => new Date(),
});
// A fault ends the process even if a handle is open. Otherwise it ends with its work, and with the code that work set.
if (code !== 0) process.exit(code);
