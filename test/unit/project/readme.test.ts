import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { runCommand } from '../../../cli/program.ts';
import { BLOCK_NAMES, makeBlock, readBlock, readPages } from '../../support/readme-blocks.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PAGES = readPages();

/** What a pattern's first group finds on any page, with the page it stands on. */
function findOn(pattern: RegExp): { page: string; found: string }[] {
  return [...PAGES].flatMap(([page, text]) =>
    [...text.matchAll(pattern)].map(([, found = '']) => ({ page, found: found.trim() })),
  );
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

describe('the pages repeat what the code says (npm run readme brings them up to date)', () => {
  it.each(BLOCK_NAMES)('%s', async (name) => {
    expect(readBlock(name)).toBe(await makeBlock(name));
  });
});

describe('the pages', () => {
  it('name only scripts that exist', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const named = findOn(/npm run ([a-z]+)/g);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter(({ found }) => !(found in manifest.scripts))).toEqual([]);
  });

  it('speak of no more than there is: every file and folder they name', () => {
    const files = findOn(/`((?:src|api|workers|cli|local|test|docs)\/[A-Za-z0-9-/._]*)`/g);
    expect(files.length).toBeGreaterThan(5);
    // A recipe names what is still to be made.
    const named = files.filter(({ found }) => !found.includes('NAME'));
    expect(named.filter(({ found }) => !existsSync(join(ROOT, found)))).toEqual([]);
  });

  it('lead somewhere: every link to a file or a heading', () => {
    const links = findOn(/\]\((?!https?:)([^)\s]+)\)/g);
    expect(links.length).toBeGreaterThan(20);
    const broken = links.filter(({ page, found }) => {
      const [path = '', anchor] = found.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (anchor === undefined) return !existsSync(join(ROOT, target));
      return !anchorsOf(PAGES.get(target) ?? '').includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('can be reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached)
      for (const [, path = ''] of (PAGES.get(page) ?? '').matchAll(/\]\((?!https?:)([^)#\s]+\.md)/g))
        reached.add(normalize(join(dirname(page), path)));
    expect([...PAGES.keys()].filter((page) => !reached.has(page))).toEqual([]);
  });

  it('have every section of the README in its list of contents', () => {
    const readme = PAGES.get('README.md') ?? '';
    const sections = [...readme.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    const listed = [...readme.matchAll(/^- \[(.+)\]\(#/gm)].map(([, heading]) => heading);
    expect(sections).toEqual(['Contents', ...listed]);
  });

  it('name only commands and options of the command line that exist', async () => {
    const lines = findOn(/(?:`lethe|cli\/lethe\.mjs|npm run lethe --) ([a-z][^`\n#&>]*)/g);
    expect(lines.length).toBeGreaterThan(15);
    for (const { page, found } of lines) {
      const words = /^[a-z][a-z-]*(?: [a-z][a-z-]*)?/.exec(found)?.[0].split(' ') ?? [];
      const options = found.match(/--[a-z-]+/g) ?? [];
      const help: string[] = [];
      const print = (line: string) => help.push(line);
      await runCommand([...words, '--help'], { env: {}, print, note: print, now: () => new Date() });
      const text = help.join('\n');
      expect({ page, found, text }).toMatchObject({
        text: expect.stringContaining(`Usage: node cli/lethe.mjs ${words.join(' ')}`),
      });
      for (const option of options)
        expect({ page, found, text }).toMatchObject({ text: expect.stringContaining(option) });
    }
  });
});
