import { chown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './process.ts';

/** Another user to run a program as: the command line that goes in front of it. */
export interface RunAs {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  readonly prefix: readonly string[];
}

/** Who PostgreSQL, which refuses to run as root, runs as when this process is root; the first that exists. */
const USERS = ['postgres', 'nobody'] as const;

/**
 * How to run PostgreSQL: null (as this user) unless this process is root. As root, an ordinary user, by `setpriv`
 * (util-linux). Where that user cannot reach the paths, because a folder above them is root's alone, it keeps the one
 * capability that opens folders and files, and nothing else of root.
 *
 * @param paths what the user must be able to read.
 * @throws Error when no way works.
 */
export async function chooseUser(paths: readonly string[]): Promise<RunAs | null> {
  if (process.getuid?.() !== 0) return null;
  const found = await findUser();
  const plain = ['setpriv', `--reuid=${found.uid}`, `--regid=${found.gid}`, '--clear-groups'];
  // Without the securebit, access(2) would ignore the capability (capabilities(7)).
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];
  const opened = [...plain, ...capability];
  for (const prefix of [plain, opened]) {
    const reaches = await Promise.all(paths.map((path) => succeeds([...prefix, 'ls', path])));
    if (reaches.every(Boolean)) return { ...found, prefix };
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and the user ${found.user} cannot read ${paths.join(' and ')}; ` +
      'run as an ordinary user, or set XDG_CACHE_HOME and the data folder to places that user can reach',
  );
}

/** Gives a folder and all in it to a user, where it is not already. */
export async function giveTo(user: RunAs | null, path: string): Promise<void> {
  if (!user) return;
  const found = await lstat(path);
  if (found.uid !== user.uid) await chown(path, user.uid, user.gid);
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await giveTo(user, join(path, name));
}

async function findUser(): Promise<{ user: string; uid: number; gid: number }> {
  for (const user of USERS) {
    const line = await runCommand('getent', ['passwd', user]).catch(() => '');
    const [, , uid, gid] = line.split(':').map(Number);
    if (uid && gid) return { user, uid, gid };
  }
  throw new Error(`PostgreSQL refuses to run as root, and there is no user ${USERS.join(' or ')}`);
}

async function succeeds([command = '', ...args]: readonly string[]): Promise<boolean> {
  return runCommand(command, args).then(
    () => true,
    () => false,
  );
}
