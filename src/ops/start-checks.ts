import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type mongoose from 'mongoose';
import { type Config, ConfigError } from '../base/config.ts';
import { findVersionFault } from '../base/db/server-version.ts';
import type { Logger } from '../base/log.ts';
import { findMisspelt } from '../base/misspelt.ts';

/**
 * What API and workers see to before they begin: that the folders of the configuration are there, and that no variable
 * resembles one of ours without being it.
 * @throws ConfigError naming every folder that cannot be used, without its path
 */
export async function checkStart(
  config: Pick<Config, 'RECORDINGS_DIR' | 'REPORTS_DIR'>,
  env: NodeJS.ProcessEnv,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  for (const { variable, meant } of findMisspelt(env))
    logger.warn('a variable of the environment is read by nothing', { variable, meant });
  const faults = [
    config.RECORDINGS_DIR === undefined ? undefined : await faultOf('RECORDINGS_DIR', config.RECORDINGS_DIR),
    // Made at the first start. A path on a disk that is not mounted would be made there all the same.
    await makeFolder(config.REPORTS_DIR).then(
      () => faultOf('REPORTS_DIR', config.REPORTS_DIR),
      () => 'REPORTS_DIR cannot be made',
    ),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
}

/** Node's own recursive way (20) never comes to an end below /proc. */
async function makeFolder(path: string): Promise<void> {
  const make = () =>
    mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  await make().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  });
}

async function faultOf(variable: string, path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return `${variable} is no folder`;
  } catch {
    return `${variable} is a folder that does not exist`;
  }
  return access(path, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => undefined,
    () => `${variable} is a folder that this user may not write to`,
  );
}

/** Says so in the log when the server is too old; readiness says it, too. A server that is away is asked by nobody. */
export async function warnOfVersion(db: mongoose.mongo.Db, logger: Pick<Logger, 'error'>): Promise<void> {
  const fault = await findVersionFault(db).catch(() => undefined);
  if (fault !== undefined) logger.error('the version of MongoDB does not fit', { fault });
}
