import { access, mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { folderStorage } from '../../../../src/ledger/recordings/folder.ts';
import { AmbiguousFile, FileRefused, type RecordingStorage } from '../../../../src/ledger/recordings/storage.ts';

describe('recordings in a folder', () => {
  let home: string;
  let folder: string;
  let storage: RecordingStorage;

  beforeEach(async () => {
    home = await realpath(await mkdtemp(join(tmpdir(), 'lethe-recordings-')));
    folder = join(home, 'recordings');
    await mkdir(join(folder, 'sub'), { recursive: true });
    for (const name of ['a.mp3', 'sub/b.mp3', 'sub/a.mp3', 'odd name+1.mp3', 'recordings2'])
      await writeFile(join(folder, name), 'sound');
    await writeFile(join(home, 'outside.mp3'), 'sound');
    await writeFile(join(home, 'a.mp3'), 'sound');
    storage = folderStorage(folder);
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const exists = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );

  it.each([
    ['a plain name', () => 'a.mp3', 'a.mp3'],
    ['a name with a folder', () => 'sub/b.mp3', 'sub/b.mp3'],
    ['a path inside the folder', () => join(folder, 'sub/b.mp3'), 'sub/b.mp3'],
    ['a file URL inside the folder', () => `file://${folder}/sub/a.mp3`, 'sub/a.mp3'],
    ['a file URL of another place, by its last part', () => 'file:///a.mp3', 'a.mp3'],
    ['a file URL with one slash, as Java writes it', () => `file:${folder}/sub/a.mp3`, 'sub/a.mp3'],
    ['one of another place', () => 'file:/var/spool/a.mp3', 'a.mp3'],
    ['a URL, by its last part', () => 'https://cdn.example.org/2026/01/a.mp3?token=x#y', 'a.mp3'],
    ['an escaped URL', () => 'https://cdn.example.org/odd%20name%2B1.mp3', 'odd name+1.mp3'],
  ])('removes what %s names, and nothing else', async (_what, reference, name) => {
    await storage.remove(reference());
    const all = ['a.mp3', 'sub/b.mp3', 'sub/a.mp3', 'odd name+1.mp3'];
    for (const one of all) expect([one, await exists(join(folder, one))]).toEqual([one, one !== name]);
    expect(await exists(join(home, 'a.mp3'))).toBe(true);
  });

  it.each([
    ['another case', 'ODD.WAV', ['Odd.wav']],
    ['no extension', 'odd', ['Odd.wav']],
    ['a folder that is left out', 'b.mp3', ['sub/b.mp3']],
    ['a URL of a file in a sub-folder', 'https://cdn.example.org/x/b.mp3', ['sub/b.mp3']],
    ['the right name beside one in another case', 'twin.mp3', ['twin.mp3']],
    ['a list', 'a.mp3,sub/b.mp3', ['a.mp3', 'sub/b.mp3']],
    ['a list with semicolons, one of them gone', 'a.mp3; gone.mp3', ['a.mp3']],
    ['a name with a query', 'a.mp3?file=recordings2', ['a.mp3', 'recordings2']],
    ['a comma of its own', 'one,two.mp3', ['one,two.mp3']],
    ['nothing', 'gone.mp3', []],
    ['a list with a way up', '../outside.mp3x,a.mp3', []],
  ])('finds what is meant by a reference with %s', async (_what, reference, names) => {
    for (const name of ['Odd.wav', 'twin.mp3', 'TWIN.mp3', 'one,two.mp3']) await writeFile(join(folder, name), 'sound');
    const find = () => storage.find?.(reference, new Date());
    if (reference.startsWith('..')) await expect(find()).rejects.toThrow(FileRefused);
    else expect(await find()).toEqual(names);
  });

  it.each(['A.MP3X', 'Twin.mp3', 'twins'])('removes nothing on a guess: %s', async (reference) => {
    for (const name of ['twin.mp3', 'TWIN.mp3', 'twins.wav', 'sub/twins.mp3'])
      await writeFile(join(folder, name), 'sound');
    if (reference === 'A.MP3X') expect(await storage.find?.(reference, new Date())).toEqual([]);
    else await expect(storage.find?.(reference, new Date())).rejects.toThrow(AmbiguousFile);
  });

  it('finds what was written since it last looked', async () => {
    expect(await storage.find?.('late.mp3', new Date())).toEqual([]);
    await writeFile(join(folder, 'sub/late.mp3'), 'sound');
    expect(await storage.find?.('late.mp3', new Date(Date.now() + 1))).toEqual(['sub/late.mp3']);
  });

  it('finds nothing outside of the folder, by links neither', async () => {
    await symlink(home, join(folder, 'way-out'));
    expect(await storage.find?.('outside.mp3', new Date())).toEqual([]);
  });

  it('takes a file that is gone already for removed, its folder too', async () => {
    await storage.remove('a.mp3');
    await storage.remove('a.mp3');
    await storage.remove('no/such/folder/a.mp3');
    await storage.remove('a.mp3/below-a-file.mp3');
  });

  it.each([
    ['a way up', '../outside.mp3'],
    ['a way up inside', 'sub/../../outside.mp3'],
    ['a way up that comes back', '../recordings/a.mp3'],
    ['an escaped way up', 'https://cdn.example.org/..%2Foutside.mp3'],
    ['a URL that ends in a way up', 'https://cdn.example.org/a/..'],
    ['an escaped one', 'https://cdn.example.org/a/%2e%2e'],
    ['a file URL with a way up', 'file:///x/../../outside.mp3'],
    ['one with one slash', 'file:/x/../outside.mp3'],
    ['a path outside', '/etc/hostname'],
    ['nothing', ''],
    ['the folder', '.'],
    ['a URL without a path', 'https://cdn.example.org'],
    ['a URL of a folder', 'https://cdn.example.org/sub/'],
    ['a NUL', 'a.mp3\0.txt'],
    ['a bad escape', 'https://cdn.example.org/%ff.mp3'],
  ])('refuses %s', async (_what, reference) => {
    expect(() => storage.check(reference)).toThrow(FileRefused);
    await expect(storage.remove(reference)).rejects.toThrow(FileRefused);
    expect(await exists(join(home, 'outside.mp3'))).toBe(true);
    expect(await exists(join(folder, 'a.mp3'))).toBe(true);
  });

  it('a neighbour whose name begins alike is outside', () => {
    expect(() => storage.check(`${folder}2/a.mp3`)).toThrow(FileRefused);
  });

  it('refuses a folder in place of a file', async () => {
    await expect(storage.remove('sub')).rejects.toThrow(FileRefused);
    expect(await exists(join(folder, 'sub/a.mp3'))).toBe(true);
  });

  it('does not follow symbolic links out of the folder', async () => {
    await symlink(home, join(folder, 'way-out'));
    await symlink(join(home, 'outside.mp3'), join(folder, 'link.mp3'));
    await expect(storage.remove('way-out/outside.mp3')).rejects.toThrow(FileRefused);
    await storage.remove('link.mp3');
    expect(await exists(join(home, 'outside.mp3'))).toBe(true);
    expect(await exists(join(folder, 'link.mp3'))).toBe(false);
  });

  it('a folder that is itself a link is the folder', async () => {
    await symlink(folder, join(home, 'link'));
    await folderStorage(join(home, 'link')).remove('sub/b.mp3');
    expect(await exists(join(folder, 'sub/b.mp3'))).toBe(false);
  });

  it('a folder that is away is no folder whose files are gone', async () => {
    await rename(folder, `${folder}.away`);
    await expect(storage.remove('a.mp3')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await exists(`${folder}.away/a.mp3`)).toBe(true);
  });

  it('a file in place of the folder is no folder whose files are gone', async () => {
    await expect(folderStorage(join(folder, 'a.mp3')).remove('b.mp3')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('what it throws does not repeat the reference', () => {
    expect(() => storage.check('../447700900123.mp3')).toThrow(/^[^0-9]*$/);
  });
});
