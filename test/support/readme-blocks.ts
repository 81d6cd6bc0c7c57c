import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { runCommand } from '../../cli/program.ts';
import { ERRORS } from '../../src/base/errors.ts';

const BLOCKS = ['errors', 'map', 'configuration'] as const;
export type BlockName = (typeof BLOCKS)[number];

const fileAt = (name: string) => new URL(`../../${name}`, import.meta.url);

/** The README as it stands. */
export function readReadme(): string {
  return readFileSync(fileAt('README.md'), 'utf8');
}

/** A part of the README that repeats what the code says: between `<!-- name -->` and `<!-- /name -->`. */
export function readBlock(readme: string, name: BlockName): string | undefined {
  return new RegExp(`<!-- ${name} -->\n([\\s\\S]*?)<!-- /${name} -->`).exec(readme)?.[1];
}

/** What such a part has to be. */
export async function makeBlock(name: BlockName): Promise<string> {
  switch (name) {
    case 'errors':
      return table(
        ['name', 'HTTP', 'code', 'message'],
        Object.entries(ERRORS).map(([key, row]) => [`\`${key}\``, String(row.status), String(row.code), row.message]),
      );
    case 'map':
      return `\`\`\`yaml\n${await printedMap()}\n\`\`\`\n`;
    case 'configuration':
      return table(['variable', 'default', ''], configurationRows());
  }
}

function table(header: string[], rows: string[][]): string {
  const lines = [header, header.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`.replaceAll('|  |', '| |')).join('');
}

async function printedMap(): Promise<string> {
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  await runCommand(['print-map'], { env: {}, print, note: print, readSecret: async () => '', now: () => new Date() });
  return lines.join('\n').replace(/^#.*\n/, '');
}

/** `.env.example` says it all: the comment above a variable, and the default behind it. */
function configurationRows(): string[][] {
  const text = readFileSync(fileAt('.env.example'), 'utf8');
  const values = parseEnv(text);
  const required = new Set(['MONGODB_URI', 'REDIS_URL', 'LETHE_SEAL_KEYS', 'LETHE_TOKEN_KEYS']);
  return [...text.matchAll(/^# (.+)\n([A-Z0-9_]+)=/gm)].map(([, comment = '', name = '']) => {
    const value = values[name] ?? '';
    return [
      `\`${name}\``,
      required.has(name) ? 'required' : value === '' ? '' : `\`${value}\``,
      comment.replaceAll('|', '\\|'),
    ];
  });
}

/** Brings the README up to date: `npx tsx test/support/readme-blocks.ts`. */
async function update(): Promise<void> {
  let readme = readReadme();
  for (const name of BLOCKS) {
    const [before, made] = [readBlock(readme, name), await makeBlock(name)];
    if (before === undefined) throw new Error(`README.md has no block ${name}`);
    readme = readme.replace(`<!-- ${name} -->\n${before}`, () => `<!-- ${name} -->\n${made}`);
  }
  writeFileSync(fileAt('README.md'), readme);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await update();
