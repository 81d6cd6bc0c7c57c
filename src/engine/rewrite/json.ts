import { type Changes, newKey } from './changes.ts';

/** As deep as BSON goes; what is deeper is read as text. */
const DEEPEST = 100;
/** JSON in a JSON string in a JSON string. */
const MOST_LAYERS = 4;

/**
 * The object or array a string holds as JSON, also when it was turned into JSON more than once.
 * @returns undefined for other text, and where an object has a key twice: what stands first would not be seen
 */
export function readJson(text: string, layers = MOST_LAYERS): object | undefined {
  const start = text[skipSpace(text, 0)];
  if (start !== '{' && start !== '[' && start !== '"') return undefined;
  const { keys, depth } = measure(text);
  if (depth > DEEPEST) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value === 'string') return layers > 1 ? readJson(value, layers - 1) : undefined;
  return typeof value === 'object' && value !== null && countKeys(value) === keys ? value : undefined;
}

/**
 * Writes changes into a JSON text. All that does not change stays as it was written, character by character: key order,
 * white space, and integers too large for JavaScript.
 * @param text what `readJson` can read
 */
export function spliceJson(text: string, changes: Changes): string {
  const start = skipSpace(text, 0);
  const { written, end } = pieceAt(text, start, changes);
  return text.slice(0, start) + written + text.slice(end);
}

/** A value of a JSON text as it is to be written, and where it ends in the old text. */
interface Piece {
  readonly written: string;
  readonly end: number;
}

function pieceAt(text: string, start: number, changes: Changes | undefined): Piece {
  const opening = text[start];
  if (changes?.action?.kind === 'set')
    return { written: JSON.stringify(changes.action.value ?? null), end: endOfValue(text, start) };
  if (changes !== undefined && changes.children.size > 0) {
    if (opening === '{' || opening === '[') return containerAt(text, start, changes);
    if (opening === '"') {
      const end = endOfString(text, start);
      return { written: JSON.stringify(spliceJson(JSON.parse(text.slice(start, end)) as string, changes)), end };
    }
  }
  const end = endOfValue(text, start);
  return { written: text.slice(start, end), end };
}

function containerAt(text: string, start: number, changes: Changes): Piece {
  const isObject = text[start] === '{';
  const taken = new Set(isObject ? keysAt(text, start) : []);
  const items: string[] = [];
  let at = start + 1;
  for (let index = 0; ; index += 1) {
    const begin = at;
    at = skipSpace(text, at);
    if (text[at] === '}' || text[at] === ']') {
      // Only an empty one ends here.
      return { written: text.slice(start, at + 1), end: at + 1 };
    }
    let head = text.slice(begin, at);
    let change: Changes | undefined;
    if (isObject) {
      const end = endOfString(text, at);
      const key = JSON.parse(text.slice(at, end)) as string;
      change = changes.children.get(key);
      const value = skipSpace(text, skipSpace(text, end) + 1);
      const name = newKey(key, change, taken);
      head += (name === key ? text.slice(at, end) : JSON.stringify(name)) + text.slice(end, value);
      at = value;
    } else change = changes.children.get(index);
    const piece = pieceAt(text, at, change);
    const after = skipSpace(text, piece.end);
    if (change?.action?.kind !== 'remove') items.push(head + piece.written + text.slice(piece.end, after));
    at = after + 1;
    if (text[after] !== ',') return { written: text[start] + items.join(',') + text[after], end: at };
  }
}

/** The keys of the object that begins there. */
function keysAt(text: string, start: number): string[] {
  const keys: string[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] === '"') {
    const end = endOfString(text, at);
    keys.push(JSON.parse(text.slice(at, end)) as string);
    at = skipSpace(text, endOfValue(text, skipSpace(text, skipSpace(text, end) + 1)));
    at = skipSpace(text, at + 1);
  }
  return keys;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

/** Where the string that begins there has ended. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = at;
    while (text[slashes - 1] === '\\') slashes -= 1;
    if ((at - slashes) % 2 === 0) return at + 1;
  }
  return text.length;
}

function endOfValue(text: string, start: number): number {
  if (text[start] === '"') return endOfString(text, start);
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (character === ',' || skipSpace(text, at) > at)) return at;
  }
  return text.length;
}

/** How many keys a JSON text writes, and how deep it goes. */
function measure(text: string): { keys: number; depth: number } {
  let keys = 0;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === ':') keys += 1;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return { keys, depth: deepest };
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value);
  return inner.reduce((sum: number, one) => sum + countKeys(one), Array.isArray(value) ? 0 : inner.length);
}
