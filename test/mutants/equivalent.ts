import type { Mutant } from './sites.ts';

/** A mutant that changes nothing anybody could see. */
export interface Equivalent {
  readonly file: string;
  /** A part of the line it stands in. */
  readonly line: string;
  /** What is replaced, and by what. */
  readonly was: string;
  readonly text: string;
  readonly why: string;
}

/** Each must match a mutant: one whose line has changed is judged anew. */
export const EQUIVALENT: readonly Equivalent[] = [
  {
    file: 'src/engine/rewrite/json.ts',
    line: `if (start !== '{' && start !== '[' && start !== '"') return undefined;`,
    ...{ was: `start !== '{' && start !== '[' && start !== '"'`, text: 'false' },
    why: 'saves reading what is no JSON of an object, which is not taken for one further down',
  },
  {
    file: 'src/engine/rewrite/walk.ts',
    line: 'if (encoded.length === 0) return maskMentions(text, sure);',
    ...{ was: 'encoded.length === 0', text: 'false' },
    why: 'the general way masks the whole text in one piece',
  },
  {
    file: 'src/engine/rewrite/fields.ts',
    line: 'if (field === undefined || scene.done.has(key)) return;',
    ...{ was: 'field === undefined || scene.done.has(key)', text: 'false' },
    why: 'the index is that of a field, and what is noted twice is noted once',
  },
  {
    file: 'src/engine/rewrite/outcome.ts',
    line: 'if (changes.children.size === 0) return value;',
    ...{ was: 'changes.children.size === 0', text: 'false' },
    why: 'saves copying what does not change',
  },
  {
    file: 'src/engine/store/joining.ts',
    line: "typeof value === 'string' ? 'text' : 'number'",
    ...{ was: '===', text: '!==' },
    why: 'two words change places that only keep the keys apart',
  },
  {
    file: 'src/engine/rewrite/rewrite-theirs.ts',
    line: 'if (last >= 0) elements.push(path.slice(0, last + 1));',
    ...{ was: '>=', text: '>' },
    why: 'a path begins with a name: no index stands first',
  },
  {
    file: 'src/ledger/receipts/receipts.ts',
    line: '_id: new mongoose.mongo.ObjectId(),',
    ...{ was: '_id: new mongoose.mongo.ObjectId(),', text: '' },
    why: 'the driver gives a row without an id one of the same kind',
  },
  {
    file: 'src/ledger/receipts/receipts.ts',
    line: 'profiles.set(name, known);',
    ...{ was: 'profiles.set(name, known);', text: ';' },
    why: 'saves making the same digest again',
  },
  {
    file: 'src/ledger/receipts/receipts.ts',
    line: '_id: { $in: [...accounts] }',
    ...{ was: '_id: { $in: [...accounts] }', text: '' },
    why: 'heads of other accounts are read, and looked up by nobody',
  },
  {
    file: 'src/ledger/scan/commit.ts',
    line: "if (rewrite.fate === 'unchanged') return [];",
    ...{ was: "rewrite.fate === 'unchanged'", text: 'false' },
    why: 'the record is replaced by what it is',
  },
  {
    file: 'src/engine/scan/read-children.ts',
    line: '_id: 1,',
    ...{ was: '_id: 1,', text: '' },
    why: 'a projection has the id anyway, and without one the whole record is read',
  },
  {
    file: 'src/engine/map/version-2.ts',
    line: `context.addIssue({ code: 'custom', message: fault })`,
    ...{ was: `code: 'custom',`, text: '' },
    why: 'zod gives a fault without a code the same one',
  },
  {
    file: 'src/engine/map/shared-words.ts',
    line: `context.addIssue({ code: 'custom', path: ['number']`,
    ...{ was: `code: 'custom',`, text: '' },
    why: 'zod gives a fault without a code the same one',
  },
  {
    file: 'src/engine/rewrite/base64.ts',
    line: 'if (harmless.size < MOST_HARMLESS) harmless.add(token);',
    ...{ was: 'harmless.size < MOST_HARMLESS', text: 'false' },
    why: 'saves looking at the same stretch again',
  },
  {
    file: 'src/engine/rewrite/lines.ts',
    line: 'while ((mentions[next]?.end ?? Number.POSITIVE_INFINITY) <= start) next += 1;',
    ...{ was: '<=', text: '<' },
    why: 'no mention ends with a line break',
  },
  {
    file: 'src/engine/store/find.ts',
    line: 'return enough || own.length >= call.limit ? own.slice',
    ...{ was: '||', text: '&&' },
    why: 'asks again for what is known',
  },
  {
    file: 'src/engine/store/find.ts',
    line: 'throughArray(rule.path) ? { $setIntersection:',
    ...{ was: '$setIntersection: [path, { $literal: values }]', text: '' },
    why: 'records that belong to nobody are searched for each subject alone',
  },
  {
    file: 'src/ledger/recordings/folder.ts',
    line: 'if (!isInside(root, reference)) throw new FileRefused();',
    ...{ was: '!isInside(root, reference)', text: 'false' },
    why: 'the way up that leads out is refused by its names',
  },
  {
    file: 'src/engine/rewrite/base64-digits.ts',
    line: 'let length = 0;',
    ...{ was: '0', text: '1' },
    why: 'a byte of nothing before a text leaves it a text',
  },
  {
    file: 'src/ledger/audit/read.ts',
    line: 'if (page.next && (horizon === null || compare(page.next, horizon) < 0)) horizon = page.next;',
    ...{ was: '<', text: '<=' },
    why: 'of two positions that are alike it takes the other',
  },
  {
    file: 'src/ledger/audit/outside.ts',
    line: 'Math.max(read.entry, places.get(read.account) ?? 0)',
    ...{ was: '0', text: '1' },
    why: 'entries are counted from one',
  },
  {
    file: 'src/engine/splits.ts',
    line: 'const [first = 0, last = 0] = [starts[from], starts[to - 1]];',
    ...{ was: '0', text: '1' },
    why: 'both ends are there',
  },
  {
    file: 'src/ledger/recordings/files.ts',
    line: 'const SIDE_BY_SIDE = 8;',
    ...{ was: '8', text: '9' },
    why: 'only says how many files are looked at side by side',
  },
  {
    file: 'src/ledger/requests/status.ts',
    line: 'share < 1 / 2; share *= WIDER',
    ...{ was: '2', text: '3' },
    why: 'the whole window is read sooner',
  },
  {
    file: 'src/engine/by-halves.ts',
    line: 'isTooMany: (name) => (names.get(name)?.size ?? 0) >= MOST_REFUSED',
    ...{ was: '0', text: '1' },
    why: 'both are few',
  },
  {
    file: 'src/ledger/accounts/keys.ts',
    line: 'const since = now.getTime() - (noted.get(id) ?? 0);',
    ...{ was: '0', text: '1' },
    why: 'a millisecond after 1970',
  },
  {
    file: 'src/ledger/requests/day-totals.ts',
    line: 'known.delete(key);',
    ...{ was: 'known.delete(key);', text: ';' },
    why: 'only says which total is forgotten first',
  },
  {
    file: 'src/ledger/requests/status.ts',
    line: 'share < 1 / 2; share *= WIDER',
    ...{ was: '1', text: '2' },
    why: 'the whole window is read later',
  },
  {
    file: 'src/ledger/scan/circle-of.ts',
    line: 'if (meant.length === numbers.length) return all;',
    ...{ was: 'meant.length === numbers.length', text: 'false' },
    why: 'saves reading the record again for the same numbers',
  },
  {
    file: 'src/ledger/scan/joiners.ts',
    line: '      { ordered: false },',
    ...{ was: 'ordered: false', text: '' },
    why: 'Lethe’s own rows refuse none of these statements: what fails is the connection, and all of them',
  },
  {
    file: 'src/ledger/references/child-target.ts',
    line: 'const made = rewrite.files.length > 0 && files.stored ? null',
    ...{ was: '>', text: '>=' },
    why: 'records without files are changed one by one, to the same end',
  },
  {
    file: 'src/ledger/accounts/one-tenant.ts',
    line: 'countDocuments({}, { limit: 2 })',
    ...{ was: 'limit: 2', text: '' },
    why: 'counts on beyond what is asked',
  },
  {
    file: 'src/ledger/guard/look.ts',
    line: 'if (remembered.size >= MOST_REMEMBERED) remembered.clear();',
    ...{ was: 'remembered.size >= MOST_REMEMBERED', text: 'false' },
    why: 'what is forgotten is made again: bounds memory alone',
  },
  {
    file: 'src/ledger/scan/ask.ts',
    line: 'if (waiting.length === 0) return [];',
    ...{ was: 'waiting.length === 0', text: 'false' },
    why: 'saves asking for the passes of nobody',
  },
  {
    file: 'src/engine/rewrite/mapped.ts',
    line: 'return alignment && { rule, alignment, isExact: true };',
    ...{ was: 'true', text: 'false' },
    why: 'a number in several fields is read from whole values, without letters to be counted',
  },
  {
    file: 'src/ledger/guard/look.ts',
    line: 'const filter = allOf(place.filter, { _id: { $in: ids } } as Filter);',
    ...{ was: '_id: { $in: ids }', text: '' },
    why: 'reads all of the place: what else is late there is late as well',
  },
  {
    file: 'src/ledger/references/follower.ts',
    line: 'keys.delete(nameOf(child));',
    ...{ was: 'keys.delete(nameOf(child));', text: ';' },
    why: 'records that stay as they are have nothing to be changed by their keys',
  },
  {
    file: 'src/ledger/guard/look.ts',
    line: 'readRaw(place.collection, filter, ids.length, false)',
    ...{ was: 'false', text: 'true' },
    why: 'in whatever order they are read, all of them are',
  },
  {
    file: 'src/ledger/requests/ledger-writes.ts',
    line: 'if (items.length === 1) return [false];',
    ...{ was: 'items.length === 1', text: 'false' },
    why: 'asks again for what is known',
  },
  {
    file: 'src/engine/store/change.ts',
    line: 'calls.length > 1 ? narrowClasses(classes, call.ids) : classes',
    ...{ was: '>', text: '>=' },
    why: 'the classes of one call are narrowed to all its records',
  },
  {
    file: 'src/ledger/scan/read-on.ts',
    line: 'let gathering = 0;',
    ...{ was: '0', text: '1' },
    why: 'is set by the first find, before it is read',
  },
  {
    file: 'src/ledger/scan/joiners.ts',
    line: '  token: 1,',
    ...{ was: '1', text: '2' },
    why: 'a field of a projection is read by any number but 0',
  },
  {
    file: 'src/engine/rewrite/base64.ts',
    line: 'if (bytes === before.slice(at, at + 3)) continue;',
    ...{ was: '+', text: '-' },
    why: 'groups that have not changed are written again as they were',
  },
  {
    file: 'src/ledger/accounts/accounts.ts',
    line: 'redaction: { type: Schema.Types.Mixed },',
    ...{ was: 'type: Schema.Types.Mixed', text: '' },
    why: 'a path without a type is a mixed one',
  },
  {
    file: 'src/engine/rewrite/hex.ts',
    line: 'if (behind + FEWEST_SEMI_OCTETS > end) return false;',
    ...{ was: 'false', text: 'true' },
    why: 'what may hold a number is read again, and holds none',
  },
  {
    file: 'src/ledger/references/keys.ts',
    line: '{ relaxed: true }',
    ...{ was: 'relaxed: true', text: '' },
    why: 'is what it is unless said otherwise',
  },
  {
    file: 'src/engine/store/find.ts',
    line: 'held: heldAt(rule, joined),',
    ...{ was: 'held: heldAt(rule, joined),', text: '' },
    why: 'a record that tells nobody whose it is has each number asked for alone',
  },
  {
    file: 'src/ledger/guard/guard.ts',
    line: 'Object.keys(unset).length > 0 && { $unset: unset }',
    ...{ was: '>', text: '>=' },
    why: 'an empty `$unset` changes nothing',
  },
];

/** @param line the mutant's whole line */
export const isEquivalent = ({ file, was, text }: Mutant, line: string): boolean =>
  EQUIVALENT.some((one) => one.file === file && line.includes(one.line) && one.was === was && one.text === text);
