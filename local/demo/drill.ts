import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { runCommand } from '../../cli/program.ts';
import { expectThat } from './expect.ts';
import type { Scene } from './scene.ts';

/** What an erasure finds: `all` where it reads the records themselves, too. */
const SHAPES = 'all';

/** The proof: a person who does not exist is put everywhere, forgotten, and searched for. */
export const drill: Scene = {
  title: 'Is anything left? A drill',
  async play({ stage, print }) {
    const args = ['drill', '--shapes', SHAPES];
    print(`\n$ lethe ${args.join(' ')}`);
    const env = { ...parseEnv(await readFile(stage.envFile, 'utf8')), LETHE_URL: stage.apiUrl, LETHE_KEY: stage.key };
    const code = await runCommand(args, {
      env,
      print,
      note: print,
      now: () => new Date(),
    });
    expectThat(code === 0, 'the drill found something left');
  },
};
