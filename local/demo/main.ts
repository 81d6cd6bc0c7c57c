import { runDemo } from './run.ts';

/** `npm run demo`: each contract once, or the ones that are named: `npm run demo -- forget`. */
runDemo(process.argv.slice(2), { env: process.env, print: (line) => console.log(line) }).catch((error: unknown) => {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
