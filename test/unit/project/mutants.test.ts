import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { EQUIVALENT, isEquivalent } from '../../mutants/equivalent.ts';
import { findMutants } from '../../mutants/sites.ts';
import { createTypeCheck } from '../../mutants/types.ts';

const mutate = (source: string) =>
  findMutants('x.ts', source).map(({ start, end, text }) => {
    const bytes = Buffer.from(source);
    return `${bytes.subarray(0, start)}${text}${bytes.subarray(end)}`;
  });

describe('findMutants', () => {
  it('turns operators, conditions and literals round, one at a time', () => {
    expect(mutate('const x = a === 1 && !b;')).toEqual([
      'const x = a === 1 || !b;',
      'const x = a !== 1 && !b;',
      'const x = a === 2 && !b;',
    ]);
    expect(mutate('if (a < b) c(true);')).toEqual(
      ['if (false) c(true);', 'if (a <= b) c(true);', 'if (a < b) ;;', 'if (a < b) c(false);'].map((text) =>
        text.replace(';;', ';'),
      ),
    );
    expect(mutate('const x = a ? b : c;')).toEqual(['const x = !(a) ? b : c;']);
  });

  it('leaves properties out, and calls whose result nobody takes', () => {
    expect(mutate('f({ account, ...rest, token: t });')).toEqual([
      ';',
      'f({  ...rest, token: t });',
      'f({ account,  token: t });',
      'f({ account, ...rest,  });',
    ]);
    expect(mutate('await g();')).toEqual([';']);
  });

  it('sees what stands before a word about types', () => {
    expect(mutate('const x = { a: true } as const;')).toEqual([
      'const x = {  } as const;',
      'const x = { a: false } as const;',
    ]);
    expect(mutate('const x = a! && (b as C);')).toEqual(['const x = a! || (b as C);']);
    expect(mutate('const x = f(true) satisfies boolean;')).toEqual(['const x = f(false) satisfies boolean;']);
  });

  it('counts bytes, not letters, and passes over types, sizes, turns of the loop and what is read besides', () => {
    expect(mutate("const a = 'é'; const b = c === d;")).toEqual(["const a = 'é'; const b = c !== d;"]);
    expect(mutate('if (n % 2 === 1) await turnOfLoop();')).toEqual([]);
    expect(mutate('await turnOfLoop();')).toEqual([]);
    expect(mutate('if (a) { await turnOfLoop(); }')).toEqual(['if (false) { await turnOfLoop(); }']);
    expect(mutate('const a: Record<string, 1 | 2> = f<{ a: 1 }>(500, { projection: { a: 1 } });')).toEqual([]);
  });
});

it('the compiler refuses what is none of the types, and not what leaves a name unused', () => {
  const check = createTypeCheck();
  const refused = (file: string, was: string) =>
    findMutants(file, readFileSync(file, 'utf8'))
      .filter((one) => one.was === was)
      .map(check.refuses);
  expect(refused('src/ledger/suppression/suppressed.ts', 'session')).toEqual([false]);
  expect(new Set(refused('src/engine/store.ts', '!first'))).toEqual(new Set([true]));
  expect(new Set(refused('src/engine/store.ts', '!=='))).toEqual(new Set([false]));
  check.close();
});

describe('mutants that change nothing', () => {
  it.each(EQUIVALENT)('$file: $line: $was', ({ file, line, was, text }) => {
    const source = readFileSync(file, 'utf8');
    const lines = source.split('\n');
    const matching = findMutants(file, source).filter((one) => isEquivalent(one, lines[one.line - 1] ?? ''));
    expect(matching).toContainEqual(expect.objectContaining({ was, text }));
    expect(lines.filter((one) => one.includes(line))).toHaveLength(1);
  });
});
