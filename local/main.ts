import { join } from 'node:path';
import { DEMO_ACCOUNT, demoNumber } from './demo-records.ts';
import { openStage, type Stage } from './stage.ts';

/** `npm start`: engines, demo data, API and worker, until Ctrl-C. */
async function main(): Promise<void> {
  const print = (line: string) => console.log(line);
  const folder = join(process.cwd(), '.lethe');
  const stopRequested = new Promise<void>((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        // The guards of the children end them when this process goes.
        if (asked) process.exit(1);
        asked = true;
        resolve();
      });
    }
  });
  const opening = openStage({ folder, port: Number(process.env.PORT || 3000), print, env: process.env });
  const stage = await Promise.race([opening, stopRequested.then(() => null)]);
  if (stage === null) {
    await (await opening).stop();
    return;
  }
  printGuide(stage, print);
  const broken = await Promise.race([stopRequested.then(() => null), stage.broken]);
  print(broken === null ? '\nstopping …' : broken);
  await stage.stop();
  print('stopped; the data stays in .lethe/');
  if (broken !== null) process.exitCode = 1;
}

function printGuide(stage: Stage, print: (line: string) => void): void {
  const number = demoNumber(42);
  const call = (path: string, body: string) =>
    `curl -s -X POST ${stage.apiUrl}${path} -H "Authorization: Bearer $KEY" -d '${body}'`;
  print(`
Lethe runs at ${stage.apiUrl}   (logs: ${stage.logFolder})
The demo platform (account "${DEMO_ACCOUNT}") has records on ${demoNumber(0)} to ${demoNumber(199)}. Paste into another terminal:

KEY=${stage.key}

# what would be erased (nothing is changed)
${call('/gdpr/forget', `{"number": ${number}, "sandbox": true}`)}
# erase it
${call('/gdpr/forget', `{"number": ${number}}`)}
# is it done?
${call('/gdpr/status', '{"date": "today"}')}
# may this number be written to?
${call('/blacklist/check', `{"number": ${number}}`)}

Ctrl-C stops everything that was started here.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
