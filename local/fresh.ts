import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeServiceData } from './service.ts';

/** What a stage makes in its folder, beside the engines' data and a key and a password for each account. */
const MADE = ['recordings', 'reports', 'logs', 'keys.env', 'lethe.env'] as const;
const SECRET_FILE = /^(key|password)-acc_/;

/**
 * Removes what an earlier stage left in its folder, so that the next one begins with new demo data and new keys. Files
 * it did not make stay.
 * @param dataDir where the engines keep their data
 * @throws Error when an engine still runs there, or when the data lies on a server that is not the stage's own
 */
export async function removeStageData(folder: string, dataDir: string, env: NodeJS.ProcessEnv): Promise<void> {
  const given = ['MONGODB_URI', 'REDIS_URL'].filter((name) => env[name]);
  if (given.length > 0)
    throw new Error(`--fresh removes what Lethe keeps in ${folder}; ${given.join(' and ')} names a server of your own`);
  for (const name of await namesIn(dataDir)) await removeServiceData(name, join(dataDir, name));
  const secrets = (await namesIn(folder)).filter((name) => SECRET_FILE.test(name));
  for (const name of [...MADE, ...secrets]) await rm(join(folder, name), { recursive: true, force: true });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
