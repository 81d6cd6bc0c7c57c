import type mongoose from 'mongoose';
import { LetheError } from '../../base/errors.ts';
import type { SealedPlace } from '../../base/keys/rewrap.ts';
import type { Seal } from '../../base/keys/seal.ts';
import { verifyPassword } from '../../lib/password-hash.ts';
import { findTotpStep, generateTotpSecret, totpAddress } from '../../lib/totp.ts';
import { normalEmail, personIdOf } from './people.ts';
import { PEOPLE, type Person } from './rows.ts';

type Db = mongoose.mongo.Db;

/** Attempts before a person is locked out, and for how long. */
const MOST_WRONG = 5;
const LOCKED_MS = 15 * 60_000;

export interface SignIn {
  readonly email: string;
  readonly password: string;
  readonly totp?: string | undefined;
}

/** Bound to a seal: a secret that is moved to another person does not open. */
const totpContext = (person: string): string => `totp ${person}`;

/** People's secrets, as a place where sealed texts stand. */
export const SEALED_PEOPLE: SealedPlace<Person> = {
  collection: PEOPLE,
  filter: { totp: { $exists: true } },
  sealedIn: ({ _id, totp }) => (totp === undefined ? [] : [{ path: 'totp', text: totp, context: totpContext(_id) }]),
};

/** A new secret of one-time passwords: sealed as it is kept, and as an address that an app reads, to be shown once. */
export function makeTotp(seal: Seal, email: string): { sealed: string; address: string } {
  const secret = generateTotpSecret();
  const sealed = seal.closeText(secret, totpContext(personIdOf(email)));
  return { sealed, address: totpAddress(secret, 'Lethe', normalEmail(email)) };
}

const notLocked = (now: Date) => ({ $or: [{ locked_until: { $exists: false } }, { locked_until: { $lte: now } }] });

/**
 * Lets in whom a provider has named. Nobody is made by it: the person must be there, neither disabled nor locked out.
 * One-time passwords are the provider's matter then.
 * @param email the address, as the provider writes it
 * @throws LetheError `invalid_sign_in`
 */
export async function admitNamed(db: Db, email: string, now: Date): Promise<Person> {
  const person = await db
    .collection<Person>(PEOPLE)
    .findOneAndUpdate(
      { _id: personIdOf(email), disabled_at: { $exists: false }, ...notLocked(now) },
      { $set: { last_sign_in_at: now } },
      { returnDocument: 'after' },
    );
  if (!person) throw new LetheError('invalid_sign_in');
  return person;
}

/**
 * Who is it? Unknown, wrong, disabled and locked out are one answer, after the same work: nobody learns who exists.
 * An attempt counts before its password is looked at: many side by side are not more than one after the other.
 * @throws LetheError `invalid_sign_in`; `totp_required` after a right password only
 */
export async function signIn(
  { db, seal }: { readonly db: Db; readonly seal: Seal },
  { email, password, totp }: SignIn,
  now: Date,
): Promise<Person> {
  const people = db.collection<Person>(PEOPLE);
  const _id = personIdOf(email);
  const person = await people.findOneAndUpdate(
    { _id, ...notLocked(now) },
    { $inc: { wrong: 1 } },
    { returnDocument: 'after' },
  );
  const isLocked = person !== null && person.wrong > MOST_WRONG;
  if (isLocked)
    await people.updateOne({ _id }, { $set: { wrong: 0, locked_until: new Date(now.getTime() + LOCKED_MS) } });
  const isRight = await verifyPassword(password, isLocked ? null : (person?.password ?? null));
  if (!person || !isRight || person.disabled_at !== undefined) throw new LetheError('invalid_sign_in');
  if (person.totp !== undefined) {
    if (totp === undefined) {
      await people.updateOne({ _id }, { $inc: { wrong: -1 } });
      throw new LetheError('totp_required');
    }
    const step = findTotpStep(seal.openText(person.totp, totpContext(_id)), totp, now);
    if (step === null) throw new LetheError('invalid_sign_in');
    const fresh = { $or: [{ totp_step: { $exists: false } }, { totp_step: { $lt: step } }] };
    const taken = await people.updateOne({ _id, ...fresh }, { $set: { totp_step: step } });
    if (taken.matchedCount === 0) throw new LetheError('invalid_sign_in');
  }
  await people.updateOne({ _id }, { $set: { wrong: 0, last_sign_in_at: now }, $unset: { locked_until: '' } });
  return person;
}
