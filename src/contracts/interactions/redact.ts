import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Tokens } from '../../base/keys/token.ts';
import { type FoundRecord, findById } from '../../engine/by-id.ts';
import { collectionOf } from '../../engine/collection.ts';
import { directionOf } from '../../engine/direction.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { valueAt } from '../../engine/map/paths.ts';
import { profileFor } from '../../engine/map/profile.ts';
import type { DataMap, Direction, InteractionKind } from '../../engine/map/schema.ts';
import { isLeftBehind } from '../../engine/map/strategies.ts';
import { momentOf } from '../../engine/moment.ts';
import { scopeOf } from '../../engine/owner.ts';
import { compileRecordRules } from '../../engine/record-plan.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import type { CountriesOf } from '../../ledger/accounts/countries.ts';
import type { EraseNow } from '../../ledger/at-once/erase-now.ts';
import { AUDIT_WORDS } from '../../ledger/audit/words.ts';
import type { ErasureRequest } from '../../ledger/requests/ledger.ts';
import { openRequest } from '../../ledger/requests/open-request.ts';
import { sealWritings } from '../../ledger/requests/writings.ts';
import type { CountryCode } from '../../phone/countries.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { createNumberReader } from '../../phone/reader.ts';
import { INTERACTION_FAULTS, InteractionFault } from './faults.ts';
import { asInteraction, contactNumbers, type Interaction, toInteraction } from './row.ts';

export interface RedactDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly eraseNow: EraseNow;
  readonly tokens: Tokens;
  readonly seal: Seal;
  readonly countriesOf: CountriesOf;
  readonly deadlineMs: number;
  readonly graceMs: number;
}

export interface RedactInput {
  readonly account: Account;
  /** The id of the key that asks. */
  readonly keyId: string;
  readonly id: string;
  /** With `direction`, narrows an id that stands for several interactions. */
  readonly kind?: InteractionKind | undefined;
  readonly direction?: Direction | undefined;
  /** Redact this interaction. */
  readonly content: boolean;
  /** Redact every earlier interaction with the same contact. */
  readonly past: boolean;
}

export interface Redacted {
  /** As it stands now. */
  readonly interaction: Interaction;
  /** The request that redacts the past, if that was asked for. */
  readonly request: ErasureRequest | null;
  /** False: an unfinished request for the same answered. */
  readonly fresh: boolean;
}

/** @returns the function that redacts interactions by hand, for one data map */
export function createRedact(deps: RedactDependencies): (input: RedactInput, now: Date) => Promise<Redacted> {
  const { db, dataMap } = deps;
  const profile = profileFor('interaction', dataMap);
  const rules = compileRecordRules(dataMap, profile, (entry) => asInteraction(entry) !== null);

  /** @throws InteractionFault `not_found`, `several` */
  async function find(input: RedactInput): Promise<FoundRecord> {
    const { kind, direction } = input;
    const narrowed = rules.filter((rule) => kind === undefined || rule.entry.interaction === kind);
    const found = (await findById(db, narrowed, input.account.records_id, input.id)).filter(
      ({ rule, record }) => direction === undefined || directionOf(rule.entry, record) === direction,
    );
    const [first, second] = found;
    if (!first) throw new InteractionFault('not_found');
    if (second) throw new InteractionFault('several');
    return first;
  }

  /** @param past the reference of the request for the past, which goes on also when this fails */
  async function redactNow(
    { account, keyId, id }: RedactInput,
    found: FoundRecord,
    past: string | undefined,
  ): Promise<void> {
    const erasure = { account, keyId, ...AUDIT_WORDS.interaction, id, found: [found], follow: profile };
    await deps.eraseNow(erasure).catch((error: unknown) => {
      if (!(error instanceof ErasureFailure)) throw error;
      const { message } = INTERACTION_FAULTS.not_removable;
      const pastToo = past === undefined ? '' : `. Earlier ones with the same contact are being redacted under ${past}`;
      throw new InteractionFault('not_removable', message + pastToo);
    });
  }

  /**
   * Redacts one interaction now, its past by a worker, or both. The past first: its request needs the number, which goes
   * with the redaction.
   * @throws InteractionFault `not_found`, `several`, `number_gone`, `number_unclear`, `not_removable`
   */
  return async (input, now) => {
    const found = await find(input);
    const opened = input.past ? await openPast(deps, input, found, now) : null;
    if (input.content) await redactNow(input, found, opened?.request.reference);
    const entry = asInteraction(found.rule.entry);
    const { records_id } = input.account;
    const itself = { _id: found.record._id } as Filter;
    const record =
      entry && (await collectionOf(db, entry, records_id).findOne(allOf(itself, scopeOf(entry, records_id))));
    if (!entry || !record) throw new InteractionFault('not_found');
    return {
      interaction: toInteraction(entry, record),
      request: opened?.request ?? null,
      fresh: opened?.fresh ?? false,
    };
  };
}

async function openPast(
  deps: RedactDependencies,
  { account, keyId }: RedactInput,
  found: FoundRecord,
  now: Date,
): Promise<{ request: ErasureRequest; fresh: boolean }> {
  const { number, writings } = contactOf(found, deps.countriesOf(account));
  const before = momentOf(found.rule.entry.at, found.record);
  if (before === null) throw new InteractionFault('number_unclear', 'The interaction has no time');
  return openRequest(deps.db, {
    account_id: account._id,
    profile: 'interaction',
    selector: { by: 'number', before },
    // Requests for one contact up to different moments are different requests.
    token: `${deps.tokens.current(account._id, number)}<${before.toISOString()}`,
    requested_by: keyId,
    keep_suppression: true,
    seal: (reference) => deps.seal.close(number, reference),
    writings: (reference) => sealWritings(deps.seal, writings, reference),
    now,
    deadlineMs: deps.deadlineMs,
    graceMs: deps.graceMs,
  });
}

/**
 * Whose interaction it is, and how the number is written there: earlier ones may hold the same writing, though it is in no
 * list.
 * @throws InteractionFault `number_gone`; `number_unclear` when it could be either of two parties, or of two people
 */
function contactOf(
  { rule, record }: FoundRecord,
  countries: readonly CountryCode[],
): { number: PhoneNumber; writings: string[] } {
  const reader = createNumberReader(countries);
  const values = contactNumbers(rule.entry, record).filter((value) => !isErased(value));
  const joined = rule.entry.joined
    .map(({ parts, code }) => ({ code, values: parts.map((path) => valueAt(record, path)) }))
    .filter(({ values }) => !isErased(values.at(-1) ?? ''));
  if (values.length + joined.length === 0) throw new InteractionFault('number_gone');
  const readings = [
    ...values.map((value) => reader.read(value)),
    ...joined.map((one) => reader.readParts(one.values, one.code)),
  ];
  const numbers = new Set(readings.map((reading) => (reading.kind === 'number' ? reading.number : null)));
  const [number] = numbers;
  if (numbers.size !== 1 || !number) throw new InteractionFault('number_unclear');
  return { number, writings: values.filter((value): value is string => typeof value === 'string') };
}

/** Is nothing left here of a number? */
function isErased(value: unknown): boolean {
  return isLeftBehind(String(value));
}
