import type mongoose from 'mongoose';
import { valueAt } from '../access/values.ts';
import { type Account, randomText } from '../accounts/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import type { DataMap, Direction, InteractionKind } from '../data-map/schema.ts';
import { sortStoredForm } from '../data-map/stored-form.ts';
import { isDuplicateKey } from '../db/connection.ts';
import { inTransaction } from '../db/transaction.ts';
import { changeById, type FoundRecord, findById } from '../erasure/by-id.ts';
import { type Profile, profileFor, REDACTED_TEXT, REDACTED_WORD } from '../erasure/profile.ts';
import { compileRecordPlan } from '../erasure/record-plan.ts';
import { ErasureFailure } from '../errors.ts';
import type { Files } from '../files/files.ts';
import type { PhoneNumber } from '../phone/number.ts';
import { readStoredNumber } from '../phone/read-stored.ts';
import type { ErasureRequest } from '../requests/ledger.ts';
import { openRequest } from '../requests/open-request.ts';
import type { Seal } from '../subject/seal.ts';
import type { Tokens } from '../subject/token.ts';
import { InteractionFault } from './faults.ts';
import { asInteraction, contactNumbers, directionOf, type Interaction, toInteraction } from './row.ts';

export interface RedactDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly audit: Audit;
  readonly files: Files;
  readonly tokens: Tokens;
  readonly seal: Seal;
  /** What served numbers begin with; the first tells the country of national writings. */
  readonly prefixes: readonly string[];
  readonly deadlineMs: number;
  readonly graceMs: number;
}

export interface RedactInput {
  readonly account: Account;
  /** The id of the key that asks. */
  readonly keyId: string;
  readonly id: string;
  /** Narrows what the id stands for. */
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

const TRIES = 10;
/** How long an answer waits for a recording's file to be removed. */
const FILE_MS = 5_000;

/** @returns the function that redacts interactions by hand, for one data map */
export function createRedact(deps: RedactDependencies): (input: RedactInput, now: Date) => Promise<Redacted> {
  const { db, dataMap } = deps;
  const profile = profileFor('interaction', dataMap);
  const steps = compileRecordPlan(dataMap, profile, (entry) => asInteraction(entry) !== null);

  /** @throws InteractionFault `not_found`, `several` */
  async function find(input: RedactInput): Promise<FoundRecord> {
    const { kind, direction } = input;
    const narrowed = steps.filter((step) => kind === undefined || step.entry.interaction === kind);
    const found = (await findById(db, narrowed, input.account.records_id, input.id)).filter(
      ({ step, record }) => direction === undefined || directionOf(step.entry, record) === direction,
    );
    const [first, second] = found;
    if (!first) throw new InteractionFault('not_found');
    if (second) throw new InteractionFault('several');
    return first;
  }

  /**
   * Redacts one interaction now, its past by a worker, or both. The past first: its request needs the number, which
   * redacting the interaction takes away.
   * @throws InteractionFault `not_found`, `several`, `number_gone`, `number_unclear`
   */
  return async (input, now) => {
    const found = await find(input);
    const opened = input.past ? await openPast(deps, input, found, now) : null;
    if (input.content) await redactNow(deps, profile, input, found, now);
    const entry = asInteraction(found.step.entry);
    const record = await db.collection(found.step.collection).findOne({
      _id: found.record._id,
      [found.step.accountPath]: input.account.records_id,
    });
    if (!entry || !record) throw new InteractionFault('not_found');
    return {
      interaction: toInteraction(entry, record),
      request: opened?.request ?? null,
      fresh: opened?.fresh ?? false,
    };
  };
}

/** The change and its place in the audit, both or neither; then its recording's file. A repeat is nothing of it. */
async function redactNow(
  deps: RedactDependencies,
  profile: Profile,
  { account, keyId }: RedactInput,
  found: FoundRecord,
  now: Date,
): Promise<void> {
  const { db, audit, files } = deps;
  const act = { account: account._id, act: randomText(15) };
  const entry = { account: account._id, actor: keyId, ...profile.act, reference: act.act, at: now };
  const turn = () =>
    inTransaction(db, async (session) => {
      if (await changeById(deps, found, account.records_id, act, now, session))
        await audit.appendWithin({ ...entry, counts: { [found.step.name]: 1 } }, session);
    });
  for (let tries = 1; ; tries += 1) {
    try {
      await turn();
      break;
    } catch (error) {
      if (error instanceof ErasureFailure) throw new InteractionFault('not_removable');
      // Another act took the next place in the audit's chain.
      if (!isDuplicateKey(error) || tries >= TRIES) throw error;
    }
  }
  // What cannot be removed now is in the outbox, and workers go on with it.
  await files.removeNow(act, AbortSignal.timeout(FILE_MS));
}

async function openPast(
  deps: RedactDependencies,
  { account, keyId }: RedactInput,
  found: FoundRecord,
  now: Date,
): Promise<{ request: ErasureRequest; fresh: boolean }> {
  const number = contactOf(found, deps.prefixes);
  const before = valueAt(found.record, found.step.entry.at ?? '');
  if (!(before instanceof Date)) throw new InteractionFault('number_unclear', 'The interaction has no time');
  return openRequest(deps.db, {
    account_id: account._id,
    profile: 'interaction',
    selector: { by: 'number', before },
    // Two requests for one contact up to different moments are two.
    token: `${deps.tokens.current(account._id, number)}<${before.toISOString()}`,
    requested_by: keyId,
    keep_suppression: true,
    seal: (reference) => deps.seal.close(number, reference),
    now,
    deadlineMs: deps.deadlineMs,
    graceMs: deps.graceMs,
  });
}

/** @throws InteractionFault `number_gone`, `number_unclear` when two parties could be meant: nobody is guessed at */
function contactOf({ step, record }: FoundRecord, prefixes: readonly string[]): PhoneNumber {
  const values = contactNumbers(step.entry, record).filter(
    (value) => ![REDACTED_TEXT, REDACTED_WORD].includes(String(value)) && sortStoredForm(value, prefixes) !== 'blank',
  );
  if (values.length === 0) throw new InteractionFault('number_gone');
  const numbers = new Set(values.map((value) => readStoredNumber(value, prefixes)));
  const [number] = numbers;
  if (numbers.size !== 1 || !number) throw new InteractionFault('number_unclear');
  return number;
}
