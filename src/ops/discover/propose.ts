import { isDocumentId } from '../../engine/map/collection-rules.ts';
import { KEY } from '../../engine/map/paths.ts';
import { redactDigitRuns } from '../../phone/scan.ts';
import { type AccountField, guessAccounts } from './accounts.ts';
import { type Draft, draftEntry, type ProposedEntry } from './entry.ts';
import { isNamedFor, type Reference } from './references.ts';
import type { Surveyed } from './survey.ts';
import { describeNumberField, numberFields } from './unmapped.ts';

/** A data map of version 2 as a file holds it, with what to know about each part. It holds no value of any record. */
export interface Proposal {
  readonly map: {
    readonly version: 2;
    readonly account: unknown;
    readonly collections: readonly ProposedEntry[];
  };
  /** By collection: shares and writings, and what could not be told. */
  readonly remarks: ReadonlyMap<string, readonly string[]>;
  /** What is about no entry. */
  readonly general: readonly string[];
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
const MOST_REMARKS = 12;

/** Proposes a data map from what a survey shows. Every guess is named in a remark: a person must look. */
export function proposeMap(surveyed: readonly Surveyed[], references: readonly Reference[]): Proposal {
  const accounts = guessAccounts(surveyed);
  const remarks = new Map<string, string[]>();
  const general: string[] = [];
  const entries: ProposedEntry[] = [];
  const byName = new Map(surveyed.map((one) => [one.collection, one]));
  const shared = commonAccount([...accounts.values()]);
  const drafts = surveyed
    .filter(({ collection }) => {
      const isOfOne = redactDigitRuns(collection) !== collection;
      if (isOfOne) general.push('A collection is named by a number: map such ones once, as messages_{account}.');
      return !isOfOne;
    })
    .map((one) => draftEntry(one, accounts.get(one.collection)?.path));

  /** The account's own records: `user` refers to users. */
  const holdsAccounts = (name: string) =>
    references.some(({ collection, field, to }) => to === name && accounts.get(collection)?.path === field);
  /** Adds an entry whose records' account is known: by a field, by another entry, or because there is one tenant. */
  const add = ({ entry: draft, mentioned, isFile }: Draft, mayBeNobodys = false): boolean => {
    const own = accounts.get(draft.collection);
    const parent = bestReference(references, draft.collection, entries);
    const isNumbered = (draft.numbers?.length ?? 0) + (draft.json?.length ?? 0) > 0;
    const isVia = parent !== undefined && (!isNumbered || (accounts.size > 0 && own === undefined));
    const isNobodys = accounts.size > 0 && own === undefined && !isVia;
    if (isNobodys && (!mayBeNobodys || holdsAccounts(draft.collection))) return false;
    // Some of them name the person by the contact's id alone.
    const isAlsoVia =
      !isVia &&
      parent !== undefined &&
      isOfContact(parent, entries) &&
      lacksNumbers(draft, byName.get(draft.collection));
    if (!isNumbered && !isVia && mentioned === undefined) return false;
    const account = own === undefined ? undefined : accountOf(own);
    const lacksAccount = own !== undefined && own.present < (byName.get(draft.collection)?.records ?? 0);
    const isUnusual = JSON.stringify(account) !== JSON.stringify(shared);
    // Of records known by others, those without an account are their parents' account's.
    const needsAccount = account !== undefined && (isVia ? !lacksAccount : isAlsoVia || isUnusual);
    const { collection, record, fields = [], ...rest } = isNobodys ? nobodys(draft) : draft;
    const isMentioned = !isNumbered && !isVia && mentioned !== undefined;
    // Found by no look-up: a text in which the scan masks what it finds, if it can be masked there.
    const isMasked = isMentioned && !isFile && !isDocumentId(mentioned) && !mentioned.includes(KEY);
    const others = isMentioned ? fieldsAround(fields, mentioned, isMasked, isFile === true) : fields;
    entries.push({
      collection,
      ...(!NAME.test(collection) && { name: nameFor(collection, entries) }),
      ...(needsAccount && { account }),
      ...(isNobodys && { account: 'any' }),
      // What is known by a contact alone is no contact.
      record: isVia && record === 'contact' ? 'other' : record,
      ...((isVia || isAlsoVia) && { via: { collection: nameOf(entries, parent.to), key: '_id', field: parent.field } }),
      ...rest,
      ...(isMentioned && !isMasked && { numbers: [mentioned] }),
      ...(others.length > 0 && { fields: others }),
    });
    remarks.set(collection, [
      ...remarksOn(byName.get(collection) as Surveyed, own, references),
      ...(isNobodys ? ["no field and no reference says whose these are: any account's request erases them"] : []),
    ]);
    if (own !== undefined && isNumbered && !isVia && lacksAccount)
      entries.push(withoutAccount(nobodys(draft), own.path, entries));
    return true;
  };

  // Contacts first: others are known by them.
  let waiting = drafts
    .filter(({ entry }) => entry.record !== 'suppression')
    .sort((one, other) => Number(other.entry.record === 'contact') - Number(one.entry.record === 'contact'));
  // What holds numbers itself comes first; each reference to it may bring more along.
  const isNumbered = ({ entry }: Draft) => (entry.numbers?.length ?? 0) + (entry.json?.length ?? 0) > 0;
  waiting = waiting.filter((draft) => !(isNumbered(draft) && add(draft)));
  for (let before = -1; waiting.length !== before; ) {
    before = waiting.length;
    const referring = waiting.filter((draft) => bestReference(references, draft.entry.collection, entries));
    for (const draft of referring)
      if (hasPersonalData(draft) && add(draft)) waiting = waiting.filter((one) => one !== draft);
  }
  waiting = waiting.filter((draft) => !add(draft, true));
  for (const draft of waiting) {
    const found = numberFields(byName.get(draft.entry.collection) as Surveyed);
    if (found.length > 0)
      general.push(
        `${draft.entry.collection} looks like it holds numbers and says neither by a field nor by a reference whose they are: ${found.map(describeNumberField).join('; ')}`,
      );
  }
  for (const { collection, name, record, numbers = [] } of entries) {
    const isParent = entries.some(({ via }) => via?.collection === (name ?? collection));
    if (isParent && record !== 'contact' && numbers.length > 1)
      remarks.get(collection)?.push("others are known by these: a number that is the platform's own needs own: false");
  }
  const list = drafts.find(({ entry }) => entry.record === 'suppression')?.entry;
  entries.push({
    ...(list ?? { collection: freeName('blacklist', surveyed), record: 'suppression', numbers: ['number'] }),
    ...ownAccount(list && accounts.get(list.collection), shared),
  });
  if (list === undefined) general.push('No suppression list was seen: Lethe makes the one at the end.');
  const silent = waiting
    .map(({ entry }) => entry.collection)
    .filter((name) => !general.some((one) => one.startsWith(`${name} looks`)));
  if (silent.length > 0) general.push(`No numbers seen, and not in this map: ${silent.join(', ')}`);
  return { map: { version: 2, account: shared, collections: entries }, remarks, general };
}

/** The fields of a collection in which numbers are only mentioned: without a number of its own it may have such alone. */
function fieldsAround(
  fields: NonNullable<ProposedEntry['fields']>,
  mentioned: string,
  isMasked: boolean,
  isFile: boolean,
): NonNullable<ProposedEntry['fields']> {
  const others = fields.filter(({ path }) => path !== mentioned);
  if (!isMasked) return isFile ? [{ path: mentioned, category: 'form' }, ...others] : others;
  const category = fields.find(({ path }) => path === mentioned)?.category ?? 'other';
  const all = mentioned.includes('[]') && { all: true as const };
  return [
    { path: mentioned, category, mask_in_text: true, ...all },
    ...others.filter((field) => field.mask_in_text === true),
  ];
}

const isOfContact = ({ to }: Reference, entries: readonly ProposedEntry[]) =>
  entries.some(({ collection, record }) => collection === to && record === 'contact');

/** Are there records without any number? */
function lacksNumbers({ numbers = [] }: ProposedEntry, of: Surveyed | undefined): boolean {
  if (of === undefined) return false;
  const paths = numbers.flatMap((one) => (typeof one === 'string' ? one : 'path' in one ? one.path : one.parts));
  return of.fields.every((field) => !paths.includes(field.path) || field.texts + field.numerics < of.records);
}

/** Of nobody's records no contract but an erasure's is about any. */
function nobodys({ id: _id, at: _at, direction: _direction, own_number: _own, ...rest }: ProposedEntry): ProposedEntry {
  return rest;
}

/** A second entry of a collection in which some records have no account. */
function withoutAccount(draft: ProposedEntry, path: string, entries: readonly ProposedEntry[]): ProposedEntry {
  const { collection, record, ...rest } = draft;
  const name = nameFor(`${collection.slice(0, 34)}_without_account`, entries);
  return { collection, name, account: 'any', record, where: { [path]: null }, ...rest };
}

const hasPersonalData = ({ entry, mentioned }: Draft) =>
  mentioned !== undefined || [entry.numbers, entry.json, entry.fields].some((list) => (list?.length ?? 0) > 0);

function accountOf({ path, types }: AccountField): unknown {
  return types.length > 1 ? { path, types: [...types].sort() } : path;
}

/** What most collections have; none: one tenant. */
function commonAccount(accounts: readonly AccountField[]): unknown {
  const counts = new Map<string, { account: unknown; count: number }>();
  for (const one of accounts) {
    const account = accountOf(one);
    const key = JSON.stringify(account);
    counts.set(key, { account, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const [most] = [...counts.values()].sort((one, other) => other.count - one.count);
  return most?.account ?? 'none';
}

function ownAccount(own: AccountField | undefined, shared: unknown): { account?: unknown } {
  if (own !== undefined && JSON.stringify(accountOf(own)) !== JSON.stringify(shared))
    return { account: accountOf(own) };
  // The list that Lethe makes holds an account in one type.
  return typeof shared === 'object' ? { account: (shared as { path: string }).path } : {};
}

/** The reference most records have, to an entry that is there already. */
function bestReference(
  references: readonly Reference[],
  collection: string,
  entries: readonly ProposedEntry[],
): Reference | undefined {
  return references
    .filter((one) => one.collection === collection && entries.some((entry) => entry.collection === one.to))
    .sort((one, other) => Number(isNamedFor(other)) - Number(isNamedFor(one)) || other.hits - one.hits)[0];
}

const nameOf = (entries: readonly ProposedEntry[], collection: string) =>
  entries.find((entry) => entry.collection === collection)?.name ?? collection;

function nameFor(collection: string, entries: readonly ProposedEntry[]): string {
  const plain = collection.replace(/[^A-Za-z0-9_-]+/g, '_').replace(/^[^A-Za-z]+/, '') || 'records';
  const base = plain.slice(0, 50);
  const names = new Set(entries.map((entry) => entry.name ?? entry.collection));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}_${number}`;
    if (!names.has(name)) return name;
  }
}

function freeName(name: string, surveyed: readonly Surveyed[]): string {
  return surveyed.some(({ collection }) => collection === name) ? `${name}_of_lethe` : name;
}

function remarksOn(of: Surveyed, account: AccountField | undefined, references: readonly Reference[]): string[] {
  const { records, total, collection, isCut } = of;
  return [
    `about ${Math.max(total, records)} records, ${records} looked at`,
    ...numberFields(of)
      .slice(0, MOST_REMARKS)
      .map((field) => describeNumberField(field)),
    ...(account !== undefined && account.present < records
      ? [`${records - account.present} of ${records} have no ${account.path}: no account's erasure finds them by it`]
      : []),
    ...references
      .filter((one) => one.collection === collection)
      .map(({ field, to, hits, of: asked }) => `${field} refers to ${to} (${hits} of ${asked} values)`),
    ...(isCut ? ['more fields than were looked at'] : []),
  ];
}
