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

const fault = loadEnvFile();
if (fault !== undefined) {
  process.stderr.write(`lethe: ${fault}\n`);
  process.exit(1);
}
const code = await runCommand(process.argv.slice(2), {
  env: process.env,
  print: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
  now: () => new Date(),
});
// After a fault nothing may keep the process alive; otherwise it ends when its work does, with the code that work set.
if (code !== 0) process.exit(code);
