import type { FieldCategory, RecordCategory } from '../../engine/map/categories.ts';
import { isDocumentId } from '../../engine/map/collection-rules.ts';
import { KEY } from '../../engine/map/paths.ts';
import { categoryOf, categoryOfObject, recordOf } from './categories.ts';
import { numberRoleOf, wordsOf } from './field.ts';
import type { FieldProfile } from './profile.ts';
import type { Surveyed } from './survey.ts';
import { findDirection, findId, findTime, isOwnNumber } from './traits.ts';

/** One entry of a proposed map, as a file of version 2 writes it. */
export interface ProposedEntry {
  collection: string;
  name?: string;
  account?: unknown;
  record: RecordCategory;
  where?: Record<string, null>;
  elements?: string;
  via?: { collection: string; key: string; field: string };
  numbers?: (string | { path: string; forms: string[] } | { parts: string[] })[];
  fields?: ProposedField[];
  json?: { path: string; numbers: string[]; fields: ProposedField[] }[];
  id?: string;
  at?: string | { path: string; unit: string };
  direction?: { path: string; outbound: unknown; inbound: unknown };
  own_number?: string;
}

interface ProposedField {
  path: string;
  category: FieldCategory;
  mask_in_text?: true;
  only_if_alone?: true;
  all?: true;
}

const MOST_NUMBERS = 50;
const MOST_FIELDS = 200;
const LONGEST_PATH = 200;
const IMPOSSIBLE = /(^|\.)(__proto__|constructor|prototype)(\[\])?(\.|$)/;

/** A map can write the path: `{key}` once, and no name that it has no word for. */
export function isWritable({ path, isUnmappable }: FieldProfile): boolean {
  return (
    !isUnmappable &&
    path.length <= LONGEST_PATH &&
    !path.startsWith('*') &&
    path.split(KEY).length <= 2 &&
    !path.includes('[][]') &&
    !IMPOSSIBLE.test(path)
  );
}

export interface Draft {
  readonly entry: ProposedEntry;
  /** A text that mentions numbers, in a collection where nothing else holds any. */
  readonly mentioned?: string;
  /** It holds them in base64: a file, which goes as a whole. */
  readonly isFile?: boolean;
}

/**
 * What a map would say of the collection by itself, without account and references.
 * @param account the field that is the account's
 */
export function draftEntry(surveyed: Surveyed, account: string | undefined): Draft {
  const { collection } = surveyed;
  const fields = surveyed.fields.filter((field) => isWritable(field) && field.path !== account);
  const plain = fields.filter(({ json }) => json === undefined);
  const numbers = plain.filter((field) => ['numbers', 'keys'].includes(numberRoleOf(field)));
  const own = numbers.find((field) =>
    isOwnNumber(
      field,
      numbers.filter((other) => other !== field),
    ),
  );
  const record = recordOf(collection, fields);
  const joined = findJoined(plain);
  const parts = new Set(joined.flatMap((one) => one.parts));
  const searched = numbers.filter((field) => field !== own && !parts.has(field.path)).slice(0, MOST_NUMBERS);
  if (record === 'suppression') return { entry: draftList(collection, searched) };

  const mentions = plain.filter((field) => numberRoleOf(field) === 'mentions');
  const paths = searched.map(({ path }) => path);
  const elements = record === 'contact' ? elementsOf(plain, paths) : undefined;
  const isInside = ({ path }: { path: string }) => elements === undefined || path.startsWith(`${elements}.`);
  const time = findTime(surveyed);
  const direction = findDirection(surveyed);
  const id = findId(surveyed, [...paths, account ?? '']);
  const taken = [...paths, own?.path, time?.path, direction?.path, id].filter((path) => path !== undefined);
  const proposed = draftFields(plain.filter(isInside), taken, paths, elements !== undefined);
  const json = draftJson(fields, taken);
  // What is called by a number can only be deleted: no `_id` can be changed.
  const isFound = searched.length + joined.length + json.length > 0;
  const [mention] = mentions;
  const isCalled = isFound ? paths.some(isDocumentId) : mention !== undefined && isDocumentId(mention.path);
  const isServed = !isCalled && ['message', 'call', 'chat', 'form'].includes(record);
  const entry: ProposedEntry = {
    collection,
    record: isCalled ? 'contact' : record === 'contact' && searched.length === 0 ? 'other' : record,
    ...(elements !== undefined && { elements }),
    ...(searched.length + joined.length > 0 && { numbers: [...searched.map(draftNumber), ...joined] }),
    ...(proposed.length > 0 && { fields: proposed }),
    ...(json.length > 0 && { json }),
    ...(isServed && id !== undefined && { id }),
    ...(time !== undefined && { at: time.unit === 'date' ? time.path : { path: time.path, unit: time.unit } }),
    ...(direction !== undefined && { direction }),
    ...(own !== undefined && isServed && { own_number: own.path }),
  };
  return isFound || mention === undefined ? { entry } : { entry, mentioned: mention.path, isFile: mention.encoded > 0 };
}

function draftList(collection: string, numbers: readonly FieldProfile[]): ProposedEntry {
  const plain = numbers.find(({ path }) => !/\[\]|\.|\{/.test(path));
  return { collection, record: 'suppression', numbers: [plain?.path ?? 'number'] };
}

function draftNumber({ path, templates }: FieldProfile): string | { path: string; forms: string[] } {
  return templates.size === 0 ? path : { path, forms: [...templates] };
}

const HEADS = new Set(['cc', 'countrycode', 'callingcode', 'dialcode', 'dialingcode', 'phonecode']);
const AREAS = new Set(['area', 'areacode', 'prefix']);
const BODIES = new Set(['number', 'phone', 'phonenumber', 'local', 'localnumber', 'mobile', 'subscriber']);

/** Numbers in several fields: the calling code, the area perhaps, and the rest. */
function findJoined(fields: readonly FieldProfile[]): { parts: string[] }[] {
  const plain = fields.filter(({ path }) => !/\[\]|\{key\}/.test(path));
  const called = ({ path }: FieldProfile) => wordsOf(path).join('');
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf('.') + 1);
  return plain
    .filter((field) => HEADS.has(called(field)))
    .flatMap(({ path }) => {
      const beside = plain.filter((other) => folderOf(other.path) === folderOf(path));
      const body = beside.find((other) => BODIES.has(called(other)));
      const area = beside.find((other) => AREAS.has(called(other)));
      if (body === undefined) return [];
      const short = { parts: [path, body.path] };
      if (area === undefined) return [short];
      const whole = { parts: [path, area.path, body.path] };
      return area.records < body.records ? [whole, short] : [whole];
    });
}

/** People in a list: every number in one array, whose elements have names or addresses of their own. */
function elementsOf(fields: readonly FieldProfile[], numbers: readonly string[]): string | undefined {
  const [first] = numbers;
  if (first === undefined || !first.includes('[].')) return undefined;
  const array = first.slice(0, first.indexOf('[]') + 2);
  if (!numbers.every((path) => path.startsWith(`${array}.`))) return undefined;
  const isPerson = fields.some(
    (field) => field.path.startsWith(`${array}.`) && ['name', 'email'].includes(categoryOf(field) ?? ''),
  );
  return isPerson ? array : undefined;
}

function draftFields(
  fields: readonly FieldProfile[],
  taken: readonly string[],
  numbers: readonly string[],
  isElement: boolean,
): ProposedField[] {
  const found = new Map<string, ProposedField>();
  const isFree = (path: string) =>
    !isDocumentId(path) &&
    !path.endsWith(KEY) &&
    !taken.some((one) => bare(one) === bare(path) || within(one, path) || within(path, one));
  for (const field of fields) {
    const whole = wholeObject(field.path);
    if (whole !== undefined && isFree(whole.path)) {
      found.set(whole.path, whole);
      continue;
    }
    // What stands under a number is that person's.
    const isUnderKey = field.texts > 0 && field.path.endsWith(KEY) && numbers.includes(field.path);
    const category = categoryOf(field) ?? (isUnderKey ? 'other' : null);
    if (
      category === null ||
      !(isUnderKey || isFree(field.path)) ||
      [...found.keys()].some((one) => within(field.path, one))
    )
      continue;
    const isMention = numberRoleOf(field) === 'mentions' && !['body', 'transcript', 'name', 'email'].includes(category);
    found.set(field.path, {
      path: field.path,
      category,
      ...(isMention && { mask_in_text: true as const }),
      ...(isSharedText(field.path, category, numbers, isElement) && { only_if_alone: true as const }),
      ...(needsAll(field.path, numbers) && { all: true as const }),
    });
  }
  return [...found.values()].slice(0, MOST_FIELDS);
}

/** The outermost object on the way that is personal data as a whole. */
function wholeObject(path: string): ProposedField | undefined {
  const steps = path.split('.');
  for (let length = 1; length < steps.length; length += 1) {
    const outer = steps.slice(0, length).join('.');
    const category = /\[\]|\{key\}/.test(outer) ? null : categoryOfObject(outer);
    if (category !== null) return { path: outer, category };
  }
  return undefined;
}

/** Beside a list of recipients a text is everybody's. */
function isSharedText(path: string, category: FieldCategory, numbers: readonly string[], isElement: boolean): boolean {
  const isText = category === 'body' || category === 'transcript';
  return (
    isText && !isElement && !path.includes('[]') && numbers.length > 0 && numbers.every((one) => one.includes('[]'))
  );
}

/** In an array without a number of its own nothing tells whose element it is. */
function needsAll(path: string, numbers: readonly string[]): boolean {
  if (!path.includes('[]') || path.includes(KEY)) return false;
  const array = path.slice(0, path.lastIndexOf('[]') + 2);
  return !numbers.some((one) => one === array || one.startsWith(`${array}.`) || one.startsWith(`${array}[]`));
}

function draftJson(fields: readonly FieldProfile[], taken: readonly string[]): NonNullable<ProposedEntry['json']> {
  const texts = [...new Set(fields.flatMap(({ json }) => json ?? []))];
  return texts.flatMap((path) => {
    const inner = fields.filter((field) => field.json === path);
    const numbers = inner
      .filter((field) => numberRoleOf(field) === 'numbers')
      .map((field) => field.path)
      .slice(0, 20);
    if (numbers.length === 0 || taken.some((one) => bare(one) === bare(path))) return [];
    const proposed = draftFields(inner, numbers, numbers, false).slice(0, 50);
    return [{ path, numbers, fields: proposed }];
  });
}

const bare = (path: string) => path.replaceAll('[]', '');
const within = (inner: string, outer: string) => bare(inner).startsWith(`${bare(outer)}.`);
