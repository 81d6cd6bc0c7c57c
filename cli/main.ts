import { runCommand } from './program.ts';

/** A file `.env` in the working directory fills in what the environment does not set itself. */
function loadEnvFile(): string | undefined {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return 'the file .env cannot be read';
  }
  return undefined;
}

const giveUpPrinting = () => process.exit(1);

/** A reader that has seen enough (`lethe request list | head`) is no crash; what it did not read was not said. */
function printLine(line: string): void {
  if (!process.stdout.listeners('error').includes(giveUpPrinting)) process.stdout.on('error', giveUpPrinting);
  process.stdout.write(`${line}\n`);
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
  now: () => new Date(),
});
// After a fault nothing may keep the process alive; otherwise it ends when its work does, with the code that work set.
if (code !== 0) process.exit(code);
