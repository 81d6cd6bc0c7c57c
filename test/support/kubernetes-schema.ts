import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An object of Kubernetes as a manifest has it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

const OPTIONS = [
  '--noEmit',
  '--strict',
  '--pretty',
  'false',
  '--module',
  'nodenext',
  '--skipLibCheck',
  '--ignoreConfig',
];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The module of kubernetes-types that describes an API version: `apps/v1`, `networking/v1`; `core/v1` for `v1`. */
function moduleOf(apiVersion: string): string {
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  return `kubernetes-types/${group.split('.')[0]}/${version}.js`;
}

/**
 * Checks manifests against the Kubernetes API (1.30) by having the compiler read them as literals of its types, which
 * are generated from the API's own OpenAPI document: unknown fields, missing ones and wrong types are found, values that
 * must match a pattern are not.
 * @param manifests by a name that a complaint is to be found by
 * @returns one line a complaint
 */
export function checkManifests(manifests: ReadonlyMap<string, Manifest>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-manifests-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  try {
    const names = [...manifests].map(([name, manifest], index) => {
      const file = `m${index}.ts`;
      const source = [
        `import type { ${manifest.kind} } from '${moduleOf(manifest.apiVersion)}';`,
        `export const manifest: ${manifest.kind} = ${JSON.stringify(manifest)};`,
      ];
      writeFileSync(join(folder, file), source.join('\n'));
      return [file, name] as const;
    });
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
    const files = names.map(([file]) => join(folder, file));
    const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, ...OPTIONS, ...files], { encoding: 'utf8' });
    const complaints = stdout.split('\n').flatMap((line) => {
      const [, file = '', complaint] = /(m\d+\.ts)\(\d+,\d+\): error (.+)/.exec(line) ?? [];
      return complaint === undefined ? [] : [`${new Map(names).get(file)}: ${complaint}`];
    });
    // A compiler that did not get as far as the manifests must not look like one that found nothing.
    if (status !== 0 && complaints.length === 0) throw new Error(`tsc: ${stdout}${stderr}`);
    return complaints;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
