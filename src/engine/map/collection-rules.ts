import { isName } from './names.ts';
import { findContradictions, type PlacedPath } from './overlaps.ts';
import { arrayOf, KEY } from './paths.ts';
import type { CollectionMap } from './schema.ts';

/** A fault of the map, and where it stands in the file. */
export interface MapFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** `_id` and the fields inside it, which MongoDB never changes. */
export const isDocumentId = (text: string) => text === '_id' || text.startsWith('_id.');

/** Fields of a suppression row that Lethe writes beside the number, or cannot change. */
export const SUPPRESSION_FIELDS: readonly string[] = ['_id', 'token', 'masked', 'reason', 'created_at'];

/** What must hold between the parts of one entry of the map. Paths of the faults begin at the entry. */
export function checkEntry(entry: CollectionMap, version: 1 | 2): MapFault[] {
  return [
    ...faultsOfOwner(entry),
    ...faultsOfNobodys(entry),
    ...faultsOfElements(entry),
    ...missingParts(entry, version),
    ...lostParts(entry),
    ...findContradictions(placesOf(entry), version === 2, version === 2 && !isFoundById(entry)),
    ...faultsOfName(entry),
    ...faultsOfFields(entry, version),
    ...faultsOfAnywhere(entry),
    ...faultsOfSuppression(entry),
  ];
}

function faultsOfOwner({ owner }: CollectionMap): MapFault[] {
  if (owner.kind !== 'field' || owner.path !== '') return [];
  const message =
    "is needed: the field that holds the account, or none where all records are one customer's. One for all entries may stand beside version";
  return [{ path: ['account'], message }];
}

/** What an account may read, redact, wait for or delete by age: of nobody's records, none may. */
const OF_AN_ACCOUNT = ['id', 'at', 'products', 'interaction', 'resource', 'pending'] as const;

function faultsOfNobodys(entry: CollectionMap): MapFault[] {
  if (entry.owner.kind !== 'any') return [];
  if (entry.record === 'suppression')
    return [{ path: ['account'], message: 'a suppression list tells its accounts apart' }];
  return OF_AN_ACCOUNT.filter((key) => entry[key] !== undefined).map((key) => ({
    path: [key],
    message: 'is for records of one account: with account: any, erasures alone reach them',
  }));
}

const PARTS_IN_ELEMENTS = 'parts are fields of the record: they cannot stand beside elements';

function faultsOfElements({ elements, numbers, joined, fields }: CollectionMap): MapFault[] {
  const inside = (text: string) => elements === undefined || text === elements || text.startsWith(`${elements}.`);
  const message = `must lie inside ${elements}`;
  return [
    ...numbers.flatMap(({ path }, index) => (inside(path) ? [] : [{ path: ['numbers', index], message }])),
    ...joined.flatMap(({ parts }) =>
      parts
        .filter(isDocumentId)
        .map(() => ({ path: ['numbers'], message: 'parts of a number in _id cannot be changed' })),
    ),
    ...(elements !== undefined && joined.length > 0 ? [{ path: ['numbers'], message: PARTS_IN_ELEMENTS }] : []),
    ...fields.flatMap((one, index) => {
      const path = ['fields', index, 'path'];
      return [
        ...(inside(one.path) ? [] : [{ path, message }]),
        ...(isDocumentId(one.path) ? [{ path, message: 'cannot be changed' }] : []),
      ];
    }),
  ];
}

function faultsOfName(entry: CollectionMap): MapFault[] {
  if (entry.name !== undefined || isName(entry.collection)) return [];
  return [{ path: ['collection'], message: 'needs a name beside it: counts cannot be kept under this one' }];
}

/** Every path that a query or a change names, in the order in which they win. */
function placesOf(entry: CollectionMap): PlacedPath[] {
  const { owner, pending, id, at, redacted, conversation, direction } = entry;
  const one = (where: readonly PropertyKey[], path: string | undefined): PlacedPath[] =>
    path === undefined ? [] : [{ at: where, path }];
  return [
    ...(owner.kind === 'field' && owner.path !== '' ? one(['account'], owner.path) : []),
    ...one(['pending', 'path'], pending?.path),
    ...one(['pending', 'at'], pending?.at),
    ...(id === '_id' ? [] : one(['id'], id)),
    ...(at?.path === pending?.at ? [] : one(['at'], at?.path)),
    ...one(['redacted'], redacted),
    ...one(['conversation'], conversation),
    ...(typeof direction === 'object' && direction.path !== pending?.path
      ? one(['direction', 'path'], direction.path)
      : []),
    ...entry.numbers.flatMap(({ path }, index): PlacedPath[] => [{ at: ['numbers', index], path, isNumber: true }]),
    // Two numbers may share a calling code.
    ...[...new Set(entry.joined.flatMap(({ parts }) => parts))].flatMap((part) => one(['numbers'], part)),
    ...entry.fields.flatMap(({ path, anywhere, around }, index): PlacedPath[] =>
      anywhere ? [] : [{ at: ['fields', index, 'path'], path, isField: true, isAround: around !== undefined }],
    ),
  ];
}

/** Such records are changed without being read. */
const isFoundById = ({ products, interaction, resource }: CollectionMap) =>
  (products ?? interaction ?? resource) !== undefined;

/** Keys that an entry needs for what it says it serves. */
function missingParts(entry: CollectionMap, version: 1 | 2): MapFault[] {
  const issues: MapFault[] = [];
  const byId = isFoundById(entry);
  const need = (missing: boolean, path: string, message: string) => {
    if (missing) issues.push({ path: path === '' ? [] : [path], message });
  };
  const isFound =
    entry.numbers.length + entry.joined.length > 0 || entry.json.some((one) => one.numbers.length > 0) || entry.via;
  // Texts in which numbers are only mentioned are read by the scan.
  const isRead = version === 2 && entry.scan && entry.fields.some((field) => field.maskInText || field.around);
  need(!isFound && !isRead && entry.resource === undefined, 'numbers', 'needs at least one path');
  need(byId && entry.id === undefined, '', 'products, interaction and resource need id');
  need(
    (entry.products || entry.interaction) !== undefined && entry.at === undefined,
    '',
    'products and interaction need at',
  );
  need(entry.interaction !== undefined && entry.redacted === undefined, '', 'interaction needs redacted');
  need(entry.retention_months !== undefined && entry.at === undefined, '', 'retention_months needs at');
  const array = arrayOf(entry.id ?? '');
  const isBeside = (text: string) => array !== '' && text.startsWith(`${array}.`);
  need(
    byId && pathsOf(entry).some((text) => text.includes('[]') && !isBeside(text)),
    '',
    'records found by their id cannot have paths through an array, unless the id stands in the same',
  );
  const isSeveral = array !== '' && (entry.interaction !== undefined || entry.resource !== undefined);
  need(isSeveral, 'id', 'of an interaction or a resource must not go through an array');
  const isMarked = entry.redacted !== undefined && pathsOf(entry).some(isBeside);
  need(isMarked, 'redacted', 'cannot tell which of several ids was redacted: each has fields of its own');
  return issues;
}

const pathsOf = ({ numbers, fields }: CollectionMap) => [...numbers, ...fields].map(({ path }) => path);

/** Fields that an entry says it keeps, and that an erasure would change. */
function lostParts(entry: CollectionMap): MapFault[] {
  const { own_number: own, log = {} } = entry;
  const parts = entry.joined.flatMap((one) => one.parts);
  const erased = [...entry.numbers.map((one) => one.path), ...parts, ...entry.fields.map((one) => one.path)];
  const isErased = (text: string) =>
    erased.some((one) => one === text || text.startsWith(`${one}.`) || one.startsWith(`${text}.`));
  const issues: MapFault[] = [
    ...Object.entries(log),
    ...Object.keys(entry.where).map((path) => ['where', path]),
  ].flatMap(([name = '', text]) => {
    const [key, path] = name === 'where' ? ['where', text ?? ''] : ['log', name];
    return text !== undefined && isErased(text)
      ? [{ path: [key ?? '', path], message: 'is erased: it cannot be kept' }]
      : [];
  });
  if (typeof own === 'string' && isErased(own))
    issues.push({ path: ['own_number'], message: 'is erased: say in which direction it is kept' });
  if (typeof own === 'object' && typeof entry.direction !== 'object')
    issues.push({ path: ['own_number'], message: 'needs a direction that is told by a field' });
  return issues;
}

/** A change of one element must tell which: by its own number, by one further in, or by saying all. */
function faultsOfFields(entry: CollectionMap, version: 1 | 2): MapFault[] {
  const arrays = entry.numbers.map(({ path }) => arrayOf(path));
  return entry.fields.flatMap((one, index): MapFault[] => {
    const array = arrayOf(one.path);
    const path = ['fields', index, 'path'];
    if (one.around && one.maskInText)
      return [{ path: ['fields', index, 'around'], message: 'cannot stand beside mask_in_text' }];
    // A record that is known by others is theirs as a whole, but for elements that say whose they are.
    if (array === '' || one.anywhere || one.all || one.around || one.path.includes(KEY) || entry.via !== undefined)
      return [];
    if (version === 1)
      return arrays.includes(array)
        ? []
        : [{ path, message: 'must be in the record, or in the same array as a number' }];
    const within = arrays.some((other) => other === array || other.startsWith(`${array}.`));
    return within
      ? []
      : [{ path, message: 'stands in an array without a number: all: true takes every element of it' }];
  });
}

/** A field that is found by its name alone must be no step of what the entry needs. */
function faultsOfAnywhere(entry: CollectionMap): MapFault[] {
  const byId = entry.products !== undefined || entry.interaction !== undefined;
  const needed = [
    ...placesOf(entry).filter(({ isField }) => !isField),
    ...Object.keys(entry.where).map((path) => ({ path })),
    ...[entry.via?.field, entry.id].flatMap((path) => (path === undefined ? [] : [{ path }])),
  ];
  const within = entry.json.flatMap((json, index) =>
    json.fields.some((one) => one.anywhere)
      ? [{ path: ['json', index, 'fields'], message: 'anywhere: a field of the record reaches into JSON by itself' }]
      : [],
  );
  const own = entry.fields.flatMap((one, index): MapFault[] => {
    if (!one.anywhere) return [];
    const fault = (message: string): MapFault[] => [{ path: ['fields', index, 'path'], message }];
    if (/[.[\]{]/.test(one.path)) return fault('anywhere: must be one name, without a path');
    if (byId) return fault('anywhere: records found by their id say where each field is');
    const lost = needed.find(({ path }) => path.replaceAll('[]', '').split('.').includes(one.path));
    return lost ? fault(`anywhere: ${lost.path} goes through a field of this name`) : [];
  });
  return [...within, ...own];
}

function faultsOfSuppression(entry: CollectionMap): MapFault[] {
  if (entry.record !== 'suppression')
    return entry.suppression ? [{ path: ['suppression'], message: 'is only for record: suppression' }] : [];
  const faults: MapFault[] = [];
  const { numbers, owner } = entry;
  const [first] = numbers;
  const isPlain = numbers.length === 1 && first !== undefined && !/\[\]|\.|\{/.test(first.path);
  if (!isPlain || entry.joined.length > 0)
    faults.push({ path: ['numbers'], message: 'a suppression list has one plain number field' });
  for (const [path, text] of [
    [['numbers', 0], first?.path],
    [['account'], owner.kind === 'field' ? owner.path : undefined],
  ] as const) {
    if (text !== undefined && SUPPRESSION_FIELDS.includes(text))
      faults.push({ path, message: `${text} is written by Lethe itself in a suppression list` });
  }
  if (entry.elements || entry.pending)
    faults.push({ path: [], message: 'a suppression list has no elements and nothing pending' });
  if (entry.via || Object.keys(entry.where).length > 0 || /\{account\}/.test(entry.collection + (entry.database ?? '')))
    faults.push({ path: [], message: 'a suppression list is one collection of its own: no via, where or {account}' });
  return faults;
}
