import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { API } from 'typescript/unstable/sync';
import { changed } from './compile.ts';
import type { Mutant } from './sites.ts';

const CONFIG = resolve('tsconfig.json');
/** A name that is not used any more says nothing of what the code does: 6133, and its kin. */
const UNUSED = new Set([6133, 6192, 6196, 6198, 6199]);

export interface TypeCheck {
  /** Does the compiler refuse the file with this mutant? */
  refuses(mutant: Mutant): boolean;
  close(): void;
}

/** The compiler of `npm run types`, asked about one changed file after the other. */
export function createTypeCheck(): TypeCheck {
  let current: { readonly path: string; readonly source: string } | undefined;
  const api = new API({
    cwd: process.cwd(),
    fs: { readFile: (path) => (path === current?.path ? current.source : undefined) },
  });
  api.updateSnapshot({ openProjects: [CONFIG] });
  return {
    refuses(mutant) {
      const path = resolve(mutant.file);
      current = { path, source: changed(readFileSync(path), mutant).toString() };
      const program = api.updateSnapshot({ fileChanges: { changed: [path] } }).getProject(CONFIG)?.program;
      const faults = [
        ...(program?.getSyntacticDiagnostics(path) ?? []),
        ...(program?.getSemanticDiagnostics(path) ?? []),
      ];
      current = undefined;
      api.updateSnapshot({ fileChanges: { changed: [path] } });
      return faults.some(({ code }) => !UNUSED.has(code));
    },
    close: () => api.close(),
  };
}
