import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIG_NAMES } from '../../src/base/config.ts';
import { catchInterruption } from '../interruption.ts';
import { openStage, type Stage } from '../stage.ts';
import { access } from './access.ts';
import { createClient } from './client.ts';
import { contact } from './contact.ts';
import { drill } from './drill.ts';
import { DemoFailure } from './expect.ts';
import { forget } from './forget.ts';
import { interactions } from './interactions.ts';
import type { Scene } from './scene.ts';
import { transaction } from './transaction.ts';

const SCENES: Readonly<Record<string, Scene>> = { forget, transaction, contact, interactions, access, drill };
/** The only settings that the demo takes from the environment. */
const SERVERS = ['MONGODB_URI', 'REDIS_URL', 'REDIS_CLUSTER'] as const;

export interface DemoOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly print: (line: string) => void;
}

/**
 * Plays scenes on a stage of their own, which is begun anew each time: the demo must not erase what somebody tries out
 * with `npm start`. Ctrl-C takes the stage down.
 * @param names of scenes, played in this order; none: all of them
 * @throws Error with one clear line when something is not as promised, or does not come up
 */
export async function runDemo(names: readonly string[], { env, print }: DemoOptions): Promise<void> {
  const scenes = (names.length > 0 ? names : Object.keys(SCENES)).map((name) => {
    const scene = Object.hasOwn(SCENES, name) ? SCENES[name] : undefined;
    if (!scene) throw new DemoFailure(`there is no such scene; there are: ${Object.keys(SCENES).join(', ')}`);
    return scene;
  });
  const interruption = catchInterruption(() => print('\nstopping …'));
  const folder = await mkdtemp(join(tmpdir(), 'lethe-demo-'));
  try {
    const stage = await openStage({
      folder,
      dataDir: join(process.cwd(), '.lethe', 'demo', 'data'),
      port: 0,
      print,
      env: demoEnv(env),
      temporary: true,
      signal: interruption.signal,
    });
    try {
      const broken = stage.broken.then((message) => Promise.reject(new DemoFailure(message)));
      await Promise.race([playAll(stage, scenes, print), broken, interruption.requested]);
      interruption.signal.throwIfAborted();
    } finally {
      await stage.stop();
    }
  } catch (error) {
    throw interruption.signal.aborted ? new DemoFailure('stopped before the end') : error;
  } finally {
    interruption.release();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Defaults for all but the servers: a `.env` with another map or prefix would make another demo. */
function demoEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const name = `demo_${Date.now()}_${process.pid}`;
  const defaults = CONFIG_NAMES.filter((one) => !SERVERS.some((server) => server === one)).map((one) => [one, '']);
  return { ...env, ...Object.fromEntries(defaults), MONGODB_DATABASE: name, QUEUE_PREFIX: name };
}

async function playAll(stage: Stage, scenes: readonly Scene[], print: (line: string) => void): Promise<void> {
  const client = createClient(stage.apiUrl, stage.key, print);
  print(`\nAPI=${stage.apiUrl}\nKEY=${stage.key}`);
  for (const [index, scene] of scenes.entries()) {
    print(`\n--- ${index + 1}. ${scene.title} ---`);
    await scene.play({ stage, client, print });
  }
  print(`\nAll as promised: ${scenes.length} of ${scenes.length}.`);
}
