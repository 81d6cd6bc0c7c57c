import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildConsole } from './console.ts';
import { writeAddresses, writeGuide } from './guide.ts';
import { catchInterruption } from './interruption.ts';
import { openStage, type Stage } from './stage.ts';

/** How long a start that is called off may take to stop, in milliseconds: a download under way does not end by itself. */
const CALLED_OFF_MS = 10_000;

/**
 * `npm start`: engines, demo data, API and worker, until Ctrl-C. `--fresh` begins with new demo data. `--watch`, which is
 * `npm run dev`, has API and worker start again when their source changes.
 */
async function main(): Promise<void> {
  const { values: how } = parseArgs({ options: { fresh: { type: 'boolean' }, watch: { type: 'boolean' } } });
  const print = (line: string) => console.log(line);
  const interruption = catchInterruption(() => print('\nstopping …'));
  const opening = openStage({
    folder: join(process.cwd(), '.lethe'),
    port: Number(process.env.PORT || 3000),
    print,
    env: process.env,
    signal: interruption.signal,
    ...how,
  });
  const stage = await Promise.race([opening, interruption.requested]);
  if (stage === null) {
    const stopped = opening.then(
      (opened) => opened.stop(),
      () => {},
    );
    await Promise.race([stopped, delay(CALLED_OFF_MS)]);
    print('stopped before it was up');
    process.exit(1);
  }
  await buildConsole(print);
  print(await tellGuide(stage));
  if (how.watch) print('\nAPI and worker start again when src, api, workers or cli change; their logs follow.\n');
  const broken = await Promise.race([interruption.requested, stage.broken]);
  if (broken !== null) print(broken);
  await stage.stop();
  print('stopped; the data stays in .lethe/');
  if (broken !== null) process.exitCode = 1;
}

/** A guide that cannot be written ends nothing: an API under watch may be down until its source is mended. */
async function tellGuide(stage: Stage): Promise<string> {
  try {
    return await writeGuide(stage);
  } catch (error) {
    return `${writeAddresses(stage)}\nno lines to paste: ${error instanceof Error ? error.message : String(error)}`;
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
