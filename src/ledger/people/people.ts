import { createHash } from 'node:crypto';
import type mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { hashPassword, verifyPassword } from '../../lib/password-hash.ts';
import { randomText } from '../../lib/random-text.ts';
import { isSpeakable } from '../../phone/hide-digits.ts';
import type { Role } from '../accounts/scopes.ts';
import { type Coverage, PEOPLE, type Person, SESSIONS, type SessionRow } from './rows.ts';

type Db = mongoose.mongo.Db;

interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly covers: Coverage;
  /** Without one: for who signs in elsewhere only. */
  readonly password?: string | undefined;
  /** Sealed. */
  readonly totp?: string | undefined;
  readonly now: Date;
}

export interface People {
  /** @returns null when somebody has this address already. @throws TypeError for an address that is none */
  create(input: NewPerson): Promise<Person | null>;
  find(id: string): Promise<Person | null>;
  /** By name, all of them. */
  list(): Promise<Person[]>;
  /** Keeps a person out, and ends what sessions they have. @returns whether there is such a person, and was not disabled */
  disable(id: string, now: Date): Promise<boolean>;
  /**
   * Gives a person another password and lets them in again: disabled or locked out they are no more. Ends their sessions.
   * @param totp sealed; null: without one-time passwords; undefined: as it is
   * @returns whether there is such a person
   */
  reset(id: string, password: string, totp?: string | null): Promise<boolean>;
  /** Ends all of the person's sessions. @returns false when the current password is not right */
  changePassword(id: string, current: string, password: string): Promise<boolean>;
}

/** The shortest password a person may choose (NIST SP 800-63B asks for eight and advises more). */
const SHORTEST_PASSWORD = 12;
const LONGEST_PASSWORD = 200;
const ADDRESS = /^[^\s@"'<>,;:\\]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*$/;

const peopleOf = (db: Db) => db.collection<Person>(PEOPLE);

/** Characters of a password that is made: 119 random bits. */
const MADE_LENGTH = 20;

/** A first password, to be shown once. */
export const generatePassword = (): string => randomText(MADE_LENGTH);

/** An address as it is compared: without blanks around it, in small letters. */
export const normalEmail = (email: string): string => email.normalize('NFKC').trim().toLowerCase();

/** An address that mail could go to, and that may stand in the audit: none that holds a phone number. */
export function isEmail(email: string): boolean {
  const address = normalEmail(email);
  return address.length <= 200 && ADDRESS.test(address) && isSpeakable(address);
}

/** @returns what is wrong with it, as the end of a sentence; null: nothing */
export function faultOfPassword(password: string): string | null {
  if (password.length < SHORTEST_PASSWORD) return `must have ${SHORTEST_PASSWORD} characters or more`;
  return password.length > LONGEST_PASSWORD ? `must have ${LONGEST_PASSWORD} characters at most` : null;
}

/** Letters stand for the hexadecimal digits of a hash: a long run of digits would be taken for a number in a log. */
export function personIdOf(email: string): string {
  const digest = createHash('sha256').update(normalEmail(email)).digest('hex').slice(0, 24);
  return `usr_${[...digest].map((digit) => 'abcdefghijklmnop'[Number.parseInt(digit, 16)]).join('')}`;
}

export function createPeople(db: Db): People {
  const endSessions = (person: string) => db.collection<SessionRow>(SESSIONS).deleteMany({ person_id: person });
  return {
    async create({ email, name, role, covers, password, totp, now }) {
      if (!isEmail(email)) throw new TypeError('not an e-mail address');
      const person: Person = {
        _id: personIdOf(email),
        ...{ email: normalEmail(email), name, role, covers },
        ...(password !== undefined && { password: await hashPassword(password) }),
        ...(totp !== undefined && { totp }),
        created_at: now,
        wrong: 0,
      };
      try {
        await peopleOf(db).insertOne(person);
        return person;
      } catch (error) {
        if (isDuplicateKey(error)) return null;
        throw error;
      }
    },
    find: (id) => peopleOf(db).findOne({ _id: String(id) }),
    list: () => peopleOf(db).find().sort({ name: 1, _id: 1 }).toArray(),
    async disable(id, now) {
      const filter = { _id: String(id), disabled_at: { $exists: false } };
      const { modifiedCount } = await peopleOf(db).updateOne(filter, { $set: { disabled_at: now } });
      await endSessions(String(id));
      return modifiedCount === 1;
    },
    async reset(id, password, totp) {
      const set = { password: await hashPassword(password), wrong: 0, ...(typeof totp === 'string' && { totp }) };
      const gone: Partial<Record<keyof Person, ''>> = { disabled_at: '', locked_until: '', totp_step: '' };
      if (totp === null) gone.totp = '';
      const { matchedCount } = await peopleOf(db).updateOne({ _id: String(id) }, { $set: set, $unset: gone });
      await endSessions(String(id));
      return matchedCount === 1;
    },
    async changePassword(id, current, password) {
      const person = await peopleOf(db).findOne({ _id: String(id) });
      if (!person?.password || !(await verifyPassword(current, person.password))) return false;
      const filter = { _id: person._id, password: person.password };
      const { modifiedCount } = await peopleOf(db).updateOne(filter, {
        $set: { password: await hashPassword(password) },
      });
      if (modifiedCount === 1) await endSessions(person._id);
      return modifiedCount === 1;
    },
  };
}
