import { Command } from 'commander';
import type mongoose from 'mongoose';
import { readConfigPart } from '../../src/base/config.ts';
import { countMadeBy, RINGS, type RingName, wasWrittenWith } from '../../src/base/keys/in-use.ts';
import type { KeyRing } from '../../src/base/keys/key-ring.ts';
import { countSealed, rewrap } from '../../src/base/keys/rewrap.ts';
import { createSeal } from '../../src/base/keys/seal.ts';
import { createTokens } from '../../src/base/keys/token.ts';
import { keyPlaces } from '../../src/key-places.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { createCountriesOf } from '../../src/ledger/accounts/countries.ts';
import { renewTokens } from '../../src/ledger/requests/renew.ts';
import { createSuppressions } from '../../src/ledger/suppression/suppression.ts';
import { SEALED_PLACES } from '../../src/sealed-places.ts';
import type { CommandContext } from '../context.ts';
import { type OpenDatabase, readDataMap, withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { createProgress } from '../progress.ts';
import { printTable } from '../table.ts';
import { addKeys, KEY_VARIABLES } from './keys-generate.ts';

interface Options {
  add: boolean;
  promote: boolean;
  rewrap: boolean;
}

/** What a process of this configuration reads keys and numbers with. */
const VARIABLES = [...KEY_VARIABLES, 'DATA_MAP', 'COUNTRIES', 'NUMBER_PREFIXES'] as const;

const PROMOTED = [
  'Put these lines in place of the ones you have, and restart every API and worker process: the new keys are written with.',
  'Before that every process must have been restarted with the new keys at the end of its lines.',
  'Then: lethe keys rotate --rewrap',
];

/** `lethe keys rotate`: one step of a rotation; without an option it says where the rotation stands. */
export function keysRotate(context: CommandContext): Command {
  return new Command('rotate')
    .description('Change the secret keys step by step; without an option, say where the change stands')
    .option('--add', 'print the key lines with a new key at the end of each: read, not yet written with', false)
    .option('--promote', 'print the key lines with the new key in front: written with', false)
    .option('--rewrap', 'seal anew what is sealed under old keys, and renew tokens of open requests', false)
    .action(async ({ add, promote, rewrap: anew }: Options) => {
      if ([add, promote, anew].filter(Boolean).length > 1) throw new UsageFault('one step at a time');
      if (add) return addKeys(context);
      const rings = ringsOf(context);
      await withDatabase(context, async (open) => {
        if (promote) return promoteKeys(context, open.db, rings);
        if (anew) await rewrapAll(context, open);
        await tellWhereItStands(context, open.db, rings);
      });
    });
}

type Rings = Readonly<Record<RingName, KeyRing>>;

function ringsOf(context: CommandContext): Rings {
  const {
    LETHE_SEAL_KEYS: seal,
    LETHE_TOKEN_KEYS: token,
    RECEIPT_KEYS: receipt,
  } = readConfigPart(context.env, KEY_VARIABLES);
  return { seal, token, receipt };
}

/** A key behind the current one that nobody has written with. The last of them was added last. */
async function newKeyOf(
  db: mongoose.mongo.Db,
  ring: RingName,
  { keys, currentId }: KeyRing,
): Promise<string | undefined> {
  const behind = [...keys.keys()].filter((id) => id !== currentId).reverse();
  for (const id of behind) if (!(await wasWrittenWith(db, ring, id))) return id;
  return undefined;
}

/** @throws CommandFailure where no key has been added: promoting an old one would write with a key that was on its way out */
async function promoteKeys(context: CommandContext, db: mongoose.mongo.Db, rings: Rings): Promise<void> {
  const fresh = {
    LETHE_SEAL_KEYS: await newKeyOf(db, 'seal', rings.seal),
    LETHE_TOKEN_KEYS: await newKeyOf(db, 'token', rings.token),
    RECEIPT_KEYS: await newKeyOf(db, 'receipt', rings.receipt),
  };
  if (Object.values(fresh).every((id) => id === undefined))
    throw new CommandFailure('there is no new key to promote. Add one with: lethe keys rotate --add');
  context.keepPrivate?.();
  for (const name of KEY_VARIABLES) {
    const id = fresh[name];
    const entries = (context.env[name] ?? '').split(',').map((entry) => entry.trim());
    const isNew = (entry: string) => id !== undefined && entry.startsWith(`${id}:`);
    context.print(`${name}=${[...entries.filter(isNew), ...entries.filter((entry) => !isNew(entry))].join(',')}`);
  }
  for (const line of PROMOTED) context.note(line);
}

async function rewrapAll(context: CommandContext, { connection, db }: OpenDatabase): Promise<void> {
  const config = readConfigPart(context.env, VARIABLES);
  const dataMap = readDataMap(context);
  const seal = createSeal(config.LETHE_SEAL_KEYS);
  const sum = { renewed: 0, unsealable: 0 };
  const progress = createProgress(context);
  for (const place of SEALED_PLACES) {
    let read = 0;
    const { renewed, unsealable } = await rewrap(db, seal, place, () => {
      read += 1;
      progress.onProgress({ place: place.collection, read, total: 0 });
    });
    sum.renewed += renewed;
    sum.unsealable += unsealable;
  }
  const tokens = await renewTokens(
    {
      ...{ db, seal },
      tokens: createTokens(config.LETHE_TOKEN_KEYS),
      suppressions: createSuppressions(db, dataMap),
      accounts: createAccounts(connection),
      countriesOf: createCountriesOf(dataMap, config),
    },
    context.now(),
  );
  progress.clear();
  context.note(`Sealed anew: ${sum.renewed}. Tokens of open requests renewed: ${tokens}.`);
  if (sum.unsealable > 0) context.note(`Not opened, their key is not at hand: ${sum.unsealable}.`);
}

async function tellWhereItStands(context: CommandContext, db: mongoose.mongo.Db, rings: Rings): Promise<void> {
  const rows: string[][] = [];
  const next: string[] = [];
  for (const ring of RINGS) {
    const fresh = await newKeyOf(db, ring, rings[ring]);
    const uses = await usesOf(context, db, ring, rings[ring]);
    for (const id of rings[ring].keys.keys()) {
      const used = [...(uses.get(id) ?? [])];
      const state = id === rings[ring].currentId ? 'current' : id === fresh ? 'new' : 'old';
      rows.push([ring, id, state, used.map(([where, count]) => `${where} ${count}`).join(', ')]);
      if (state === 'old') next.push(mayGo(ring, id, used.length > 0));
    }
    if (fresh !== undefined)
      next.push(`${ring} key ${fresh} is new. When every process has it: lethe keys rotate --promote`);
  }
  printTable(context, ['RING', 'ID', 'STATE', 'IN USE'], rows);
  for (const line of next) context.note(line);
  if (next.length === 0) context.note('Nothing is under way. To begin: lethe keys rotate --add');
}

function mayGo(ring: RingName, id: string, isUsed: boolean): string {
  if (!isUsed)
    return `${ring} key ${id} may go, when every process writes with the current one: nothing is made with it.`;
  return `${ring} key ${id} must stay: ${MUST_STAY[ring]}`;
}

const MUST_STAY = {
  seal: 'something is sealed under it. Next: lethe keys rotate --rewrap',
  token: 'suppressions and entries of the audit made under it could not be found or verified.',
  receipt: 'receipts signed with it could not be checked.',
} as const satisfies Record<RingName, string>;

type Uses = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** How often each key of a ring is in use, by the places. */
async function usesOf(context: CommandContext, db: mongoose.mongo.Db, name: RingName, ring: KeyRing): Promise<Uses> {
  const uses = new Map<string, Map<string, number>>();
  const note = (id: string, where: string, count: number) => {
    if (count > 0) uses.set(id, (uses.get(id) ?? new Map<string, number>()).set(where, count));
  };
  if (name === 'seal') {
    for (const place of SEALED_PLACES)
      for (const [id, count] of await countSealed(db, place)) note(id, place.collection, count);
    return uses;
  }
  const map = readDataMap(context);
  for (const place of keyPlaces(map).filter((one) => one.ring === name))
    for (const id of ring.keys.keys()) note(id, `${place.collection}.${place.field}`, await countMadeBy(db, place, id));
  return uses;
}
