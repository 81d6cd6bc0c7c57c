import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openCacheFolder, useCached } from '../../../local/cache.ts';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'lethe-cache-test-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

const fill = async (folder: string) => {
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'engine'), 'whole');
};

describe('useCached', () => {
  it('fetches once, then never again', async () => {
    let fetches = 0;
    const fetch = async (folder: string) => {
      fetches += 1;
      await fill(folder);
    };
    const first = await useCached(cache, 'engine-1', fetch);
    expect(await useCached(cache, 'engine-1', fetch)).toBe(first);
    expect(await readFile(join(first, 'bin', 'engine'), 'utf8')).toBe('whole');
    expect(fetches).toBe(1);
    expect(await readdir(cache)).toEqual(['engine-1']);
  });

  it('shows nothing under the name until the fetch is done', async () => {
    await useCached(cache, 'engine-1', async (folder) => {
      await fill(folder);
      expect(await readdir(cache)).not.toContain('engine-1');
    });
  });

  it('leaves nothing of a fetch that failed, and passes its error on', async () => {
    const failing = useCached(cache, 'engine-1', async (folder) => {
      await fill(folder);
      throw new Error('the network is gone');
    });
    await expect(failing).rejects.toThrow('the network is gone');
    expect(await readdir(cache)).toEqual([]);
    await useCached(cache, 'engine-1', fill);
    expect(await readdir(cache)).toEqual(['engine-1']);
  });

  it('fetches once for several who ask at the same time', async () => {
    let fetches = 0;
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const fetch = async (folder: string) => {
      fetches += 1;
      await gate;
      await fill(folder);
    };
    const asked = [1, 2, 3].map(() => useCached(cache, 'engine-1', fetch));
    open();
    expect(new Set(await Promise.all(asked)).size).toBe(1);
    expect(fetches).toBe(1);
  });

  it('takes over from a process that was killed in the middle, and sweeps what it left', async () => {
    const dead = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => dead.once('exit', resolve));
    await mkdir(join(cache, 'engine-1.part-abc'));
    await writeFile(join(cache, 'engine-1.part-abc', 'half'), 'half');
    await writeFile(join(cache, 'engine-10.lock'), 'not ours');
    const record = { owner: { pid: dead.pid, started: 'long ago' }, id: 'x', note: null };
    await writeFile(join(cache, 'engine-1.lock'), JSON.stringify(record));
    await useCached(cache, 'engine-1', fill);
    expect((await readdir(cache)).sort()).toEqual(['engine-1', 'engine-10.lock']);
  });

  it('fetches again what has been damaged', async () => {
    const folder = await useCached(cache, 'engine-1', fill);
    await writeFile(join(folder, 'bin', 'engine'), 'cut');
    await useCached(cache, 'engine-1', fill);
    expect(await readFile(join(folder, 'bin', 'engine'), 'utf8')).toBe('whole');
    await rm(join(folder, 'bin', 'engine'));
    await useCached(cache, 'engine-1', fill);
    expect(await readFile(join(folder, 'bin', 'engine'), 'utf8')).toBe('whole');
  });
});

describe('openCacheFolder', () => {
  it('is lethe/ in XDG_CACHE_HOME', async () => {
    expect(await openCacheFolder({ XDG_CACHE_HOME: join(cache, 'xdg') })).toBe(join(cache, 'xdg', 'lethe'));
  });

  it('is a private folder in the temporary one where the usual place cannot be written', async () => {
    const file = join(cache, 'file');
    await writeFile(file, '');
    const open = () => openCacheFolder({ XDG_CACHE_HOME: file }, cache);
    const folder = await open();
    expect(folder).toBe(join(cache, `lethe-cache-${userInfo().uid}`));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await chmod(folder, 0o777);
    expect(await open()).toBe(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('is never a link that somebody put in its place', async () => {
    const file = join(cache, 'file');
    await writeFile(file, '');
    await symlink(cache, join(cache, `lethe-cache-${userInfo().uid}`));
    await expect(openCacheFolder({ XDG_CACHE_HOME: file }, cache)).rejects.toThrow(/belongs to another user/);
  });
});
