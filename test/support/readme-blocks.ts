import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { runCommand } from '../../cli/program.ts';
import { ERRORS, FAILURES } from '../../src/base/errors.ts';
import { INTERACTION_FAULTS } from '../../src/contracts/interactions/faults.ts';
import { FIELD_CATEGORIES, PROFILE_NAMES, RECORD_CATEGORIES } from '../../src/engine/map/categories.ts';
import { profileFor } from '../../src/engine/map/profile.ts';
import type { Strategy } from '../../src/engine/map/strategies.ts';

/** A part of a page that repeats what the code says: between `<!-- name -->` and `<!-- /name -->`. */
interface Block {
  /** The page it stands on, from the root of the project. */
  readonly page: string;
  /** What it has to be. */
  readonly make: () => string | Promise<string>;
}

const BLOCKS = {
  errors: { page: 'README.md', make: errorRows },
  configuration: { page: 'README.md', make: configurationRows },
  map: { page: 'docs/data-map.md', make: async () => `\`\`\`yaml\n${await printedMap()}\n\`\`\`\n` },
  records: { page: 'docs/data-map.md', make: recordRows },
  fields: { page: 'docs/data-map.md', make: fieldRows },
  failures: { page: 'docs/support.md', make: failureRows },
  'interaction-errors': { page: 'docs/contracts/interactions.md', make: interactionErrorRows },
} as const satisfies Record<string, Block>;

export type BlockName = keyof typeof BLOCKS;
export const BLOCK_NAMES = Object.keys(BLOCKS) as BlockName[];

const ROOT = new URL('../../', import.meta.url);
const fileAt = (name: string) => new URL(name, ROOT);

/** Every page for people, by its path from the root: those of the root and all of `docs/`. */
export function readPages(): Map<string, string> {
  const inDocs = readdirSync(fileAt('docs/'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const names = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...inDocs.sort()];
  return new Map(names.map((name) => [name, readFileSync(fileAt(name), 'utf8')]));
}

/** A block as it stands on its page; undefined when the page has none of this name. */
export function readBlock(name: BlockName): string | undefined {
  const text = readFileSync(fileAt(BLOCKS[name].page), 'utf8');
  return new RegExp(`<!-- ${name} -->\n([\\s\\S]*?)<!-- /${name} -->`).exec(text)?.[1];
}

/** What a block has to be. */
export async function makeBlock(name: BlockName): Promise<string> {
  return BLOCKS[name].make();
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, header.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`.replaceAll('|  |', '| |')).join('');
}

const code = (text: string) => `\`${text}\``;

function errorRows(): string {
  return table(
    ['name', 'HTTP', 'code', 'message'],
    Object.entries(ERRORS).map(([name, row]) => [code(name), String(row.status), String(row.code), row.message]),
  );
}

function failureRows(): string {
  return table(
    ['failure', 'what it means'],
    Object.entries(FAILURES).map(([name, meaning]) => [code(name), meaning]),
  );
}

function interactionErrorRows(): string {
  return table(
    ['HTTP', 'message'],
    Object.values(INTERACTION_FAULTS).map(({ status, message }) => [String(status), message]),
  );
}

const PROFILES = PROFILE_NAMES.map((name) => profileFor(name, { profiles: {} }));

function recordRows(): string {
  return table(
    ['record', ...PROFILES.map(({ name }) => name)],
    RECORD_CATEGORIES.map((category) => [code(category), ...PROFILES.map(({ records }) => records[category])]),
  );
}

/** Of a profile that keeps no record the fields do not matter. */
function fieldRows(): string {
  const keeping = PROFILES.filter(({ records }) => Object.values(records).includes('keep'));
  const nameOf = (strategy: Strategy) => (typeof strategy === 'object' ? code(strategy.replace) : strategy);
  return table(
    ['field', ...keeping.map(({ name }) => name)],
    FIELD_CATEGORIES.map((category) => [code(category), ...keeping.map(({ fields }) => nameOf(fields[category]))]),
  );
}

async function printedMap(): Promise<string> {
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  await runCommand(['print-map'], { env: {}, print, note: print, now: () => new Date() });
  return lines.join('\n').replace(/^#.*\n/, '');
}

/** `.env.example` says it all: the comment above a variable, and the default behind it. */
function configurationRows(): string {
  const text = readFileSync(fileAt('.env.example'), 'utf8');
  const values = parseEnv(text);
  const required = new Set(['MONGODB_URI', 'REDIS_URL', 'LETHE_SEAL_KEYS', 'LETHE_TOKEN_KEYS', 'RECEIPT_KEYS']);
  const rows = [...text.matchAll(/^# (.+)\n([A-Z0-9_]+)=/gm)].map(([, comment = '', name = '']) => {
    const value = values[name] ?? '';
    return [
      code(name),
      required.has(name) ? 'required' : value === '' ? '' : code(value),
      comment.replaceAll('|', '\\|'),
    ];
  });
  return table(['variable', 'default', ''], rows);
}

/** Brings every page up to date: `npm run readme`. */
async function update(): Promise<void> {
  for (const name of BLOCK_NAMES) {
    const { page } = BLOCKS[name];
    const [before, made] = [readBlock(name), await makeBlock(name)];
    if (before === undefined) throw new Error(`${page} has no block ${name}`);
    const text = readFileSync(fileAt(page), 'utf8');
    writeFileSync(
      fileAt(page),
      text.replace(`<!-- ${name} -->\n${before}`, () => `<!-- ${name} -->\n${made}`),
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await update();
