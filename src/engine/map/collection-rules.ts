import type { z } from 'zod';
import { findContradictions } from './overlaps.ts';
import type { CollectionMap } from './schema.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
/** Counts are kept under this name. MongoDB would read a dot as a path; `constructor` and the like are in every object. */
export const isName = (text: string) => NAME.test(text) && !(text in {});

/** The innermost array a path goes through, `''` for none: `contacts[].number` -> `contacts[]`. */
const arrayOf = (text: string): string => (text.includes('[]') ? text.slice(0, text.lastIndexOf('[]') + 2) : '');

/** `_id` and the fields inside it, which MongoDB never changes. */
export const isDocumentId = (text: string) => text === '_id' || text.startsWith('_id.');

/** Fields of a suppression row that Lethe writes beside the number, or cannot change. */
export const SUPPRESSION_FIELDS: readonly string[] = ['_id', 'token', 'masked', 'reason', 'created_at'];

/** Checks the parts of one entry of the map against each other. */
export function checkEntry(entry: CollectionMap, context: z.RefinementCtx): void {
  const inside = (text: string) =>
    entry.elements === undefined || text === entry.elements || text.startsWith(`${entry.elements}.`);
  entry.numbers.forEach((text, index) => {
    if (!inside(text))
      context.addIssue({ code: 'custom', path: ['numbers', index], message: `must lie inside ${entry.elements}` });
  });
  entry.fields.forEach((one, index) => {
    if (!inside(one.path))
      context.addIssue({
        code: 'custom',
        path: ['fields', index, 'path'],
        message: `must lie inside ${entry.elements}`,
      });
    if (isDocumentId(one.path))
      context.addIssue({ code: 'custom', path: ['fields', index, 'path'], message: 'cannot be changed' });
  });
  for (const issue of [...missingParts(entry), ...lostParts(entry)]) context.addIssue({ code: 'custom', ...issue });
  const places = [
    { at: ['account'], path: entry.account },
    ...(entry.pending ? [{ at: ['pending', 'path'], path: entry.pending.path }] : []),
    ...(entry.pending ? [{ at: ['pending', 'at'], path: entry.pending.at }] : []),
    ...(entry.id && entry.id !== '_id' ? [{ at: ['id'], path: entry.id }] : []),
    ...(entry.at && entry.at !== entry.pending?.at ? [{ at: ['at'], path: entry.at }] : []),
    ...(entry.redacted ? [{ at: ['redacted'], path: entry.redacted }] : []),
    ...(entry.conversation ? [{ at: ['conversation'], path: entry.conversation }] : []),
    ...(typeof entry.direction === 'object' ? [{ at: ['direction', 'path'], path: entry.direction.path }] : []),
    ...entry.numbers.map((text, index) => ({ at: ['numbers', index], path: text })),
    ...entry.fields.map((one, index) => ({ at: ['fields', index, 'path'], path: one.path })),
  ];
  for (const { at, message } of findContradictions(places))
    context.addIssue({ code: 'custom', path: [...at], message });
  if (entry.name === undefined && !isName(entry.collection))
    context.addIssue({
      code: 'custom',
      path: ['collection'],
      message: 'needs a name beside it: counts cannot be kept under this one',
    });
  const arrays = new Set(entry.numbers.map(arrayOf));
  for (const [index, one] of entry.fields.entries()) {
    const array = arrayOf(one.path);
    if (array !== '' && !arrays.has(array)) {
      context.addIssue({
        code: 'custom',
        path: ['fields', index, 'path'],
        message: 'must be in the record, or in the same array as a number',
      });
    }
  }
  if (entry.record === 'suppression') {
    if (entry.numbers.length !== 1 || entry.numbers[0]?.includes('[]') || entry.numbers[0]?.includes('.')) {
      context.addIssue({
        code: 'custom',
        path: ['numbers'],
        message: 'a suppression list has one plain number field',
      });
    }
    for (const [at, text] of [
      ['numbers', entry.numbers[0]],
      ['account', entry.account],
    ] as const) {
      if (text !== undefined && SUPPRESSION_FIELDS.includes(text))
        context.addIssue({
          code: 'custom',
          path: at === 'numbers' ? ['numbers', 0] : ['account'],
          message: `${text} is written by Lethe itself in a suppression list`,
        });
    }
    if (entry.elements || entry.pending)
      context.addIssue({
        code: 'custom',
        path: [],
        message: 'a suppression list has no elements and nothing pending',
      });
  } else if (entry.suppression) {
    context.addIssue({ code: 'custom', path: ['suppression'], message: 'is only for record: suppression' });
  }
}

/** Keys that an entry needs for what it says it serves. */
function missingParts(entry: {
  numbers: string[];
  fields: { path: string }[];
  id?: string | undefined;
  at?: string | undefined;
  redacted?: string | undefined;
  retention_months?: number | undefined;
  products?: unknown;
  interaction?: unknown;
  resource?: unknown;
}): { path: string[]; message: string }[] {
  const issues: { path: string[]; message: string }[] = [];
  const byId = entry.products !== undefined || entry.interaction !== undefined || entry.resource !== undefined;
  const need = (missing: boolean, path: string, message: string) => {
    if (missing) issues.push({ path: path === '' ? [] : [path], message });
  };
  need(entry.numbers.length === 0 && entry.resource === undefined, 'numbers', 'needs at least one path');
  need(byId && entry.id === undefined, '', 'products, interaction and resource need id');
  need(
    (entry.products || entry.interaction) !== undefined && entry.at === undefined,
    '',
    'products and interaction need at',
  );
  need(entry.interaction !== undefined && entry.redacted === undefined, '', 'interaction needs redacted');
  need(entry.retention_months !== undefined && entry.at === undefined, '', 'retention_months needs at');
  const paths = [...entry.numbers, ...entry.fields.map((one) => one.path)];
  need(
    byId && paths.some((text) => text.includes('[]')),
    '',
    'records found by their id cannot have paths through an array',
  );
  return issues;
}

/** Fields that an entry says it keeps, and that an erasure would change. */
function lostParts(entry: {
  numbers: string[];
  fields: { path: string }[];
  direction?: unknown;
  own_number?: string | { inbound: string; outbound: string } | undefined;
  log?: Partial<Record<'status' | 'source' | 'flow', string | undefined>> | undefined;
}): { path: string[]; message: string }[] {
  const { own_number: own, log = {} } = entry;
  const erased = [...entry.numbers, ...entry.fields.map((one) => one.path)];
  const isErased = (text: string) =>
    erased.some((one) => one === text || text.startsWith(`${one}.`) || one.startsWith(`${text}.`));
  const issues = Object.entries(log).flatMap(([name, text]) =>
    text !== undefined && isErased(text) ? [{ path: ['log', name], message: 'is erased: it cannot be kept' }] : [],
  );
  if (typeof own === 'string' && isErased(own))
    issues.push({ path: ['own_number'], message: 'is erased: say in which direction it is kept' });
  if (typeof own === 'object' && typeof entry.direction !== 'object')
    issues.push({ path: ['own_number'], message: 'needs a direction that is told by a field' });
  return issues;
}
