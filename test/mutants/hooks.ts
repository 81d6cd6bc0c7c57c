import type { LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Change, compile } from './compile.ts';

const ROOT = new URL('../../', import.meta.url).href;

/**
 * Node's own loader of modules, with which a test file can be loaded again and again, each time with another mutant. Every
 * module of the project that is loaded by a test file has the query of its address. Packages are loaded once.
 */
export const resolve: ResolveHook = async (specifier, context, next) => {
  if (specifier === '@jest/globals')
    return next(new URL('globals.ts', import.meta.url).href, { ...context, parentURL: import.meta.url });
  const query = context.parentURL?.match(/\?run=.*$/)?.[0];
  const found = await next(specifier, context);
  const isReloaded = query && found.url.startsWith(ROOT) && /^(?!.*\/node_modules\/).*\.ts$/.test(found.url);
  return isReloaded ? { ...found, url: found.url + query } : found;
};

export const load: LoadHook = async (url, context, next) => {
  const { searchParams } = new URL(url);
  if (!searchParams.has('run')) return next(url, context);
  const path = fileURLToPath(url);
  const change: (Change & { file: string }) | null = JSON.parse(searchParams.get('mutant') ?? 'null');
  const isChanged = change !== null && url.startsWith(ROOT + change.file);
  return { format: 'module', source: compile(path, isChanged ? change : undefined).code, shortCircuit: true };
};

/** @returns the address under which a test file is loaded anew, with everything it imports */
export function addressOf(test: string, run: string, mutant: (Change & { readonly file: string }) | null): string {
  const { file, start, end, text } = mutant ?? {};
  const query = new URLSearchParams({ run, ...(mutant && { mutant: JSON.stringify({ file, start, end, text }) }) });
  return `${ROOT}${test}?${query}`;
}
