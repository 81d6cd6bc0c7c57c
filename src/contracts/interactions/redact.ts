import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Tokens } from '../../base/keys/token.ts';
import type { FoundRecord } from '../../engine/by-id.ts';
import { collectionOf } from '../../engine/collection.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { profileFor } from '../../engine/map/profile.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { scopeOf } from '../../engine/owner.ts';
import type { CountriesOf } from '../../ledger/accounts/countries.ts';
import type { EraseNow } from '../../ledger/at-once/erase-now.ts';
import { AUDIT_WORDS } from '../../ledger/audit/words.ts';
import type { ErasureRequest } from '../../ledger/requests/ledger.ts';
import { openRequest } from '../../ledger/requests/open-request.ts';
import { sealWritings } from '../../ledger/requests/writings.ts';
import { INTERACTION_FAULTS, InteractionFault } from './faults.ts';
import { createFind, type InteractionId } from './find.ts';
import { pastOf } from './past.ts';
import { asInteraction, type Interaction, toInteraction } from './row.ts';

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

export interface RedactInput extends InteractionId {
  /** The id of the key that asks. */
  readonly keyId: string;
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
  const find = createFind(deps);

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
  const { number, writings, before } = pastOf(found, deps.countriesOf(account));
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
