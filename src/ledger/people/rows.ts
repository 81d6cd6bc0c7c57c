import type { Role } from '../accounts/scopes.ts';

export const PEOPLE = 'lethe_people';

/** Whose accounts a person works on: one, an agency with its sub-accounts, or all. */
export type Coverage =
  | { readonly kind: 'all' }
  | { readonly kind: 'account' | 'agency' /** The id of the account. */; readonly id: string };

/** Somebody who signs in. */
export interface Person {
  /** `usr_` and 24 letters, made of the address: there is one person an address. */
  readonly _id: string;
  /** In small letters. What the audit calls "who". */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly covers: Coverage;
  /** A hash; none for who signs in elsewhere only. */
  readonly password?: string;
  /** The secret of one-time passwords, sealed under the person's id. */
  readonly totp?: string;
  /** The last step a one-time password was taken of: each is good once. */
  readonly totp_step?: number;
  readonly created_at: Date;
  readonly disabled_at?: Date;
  readonly last_sign_in_at?: Date;
  /** Wrong attempts since the last right one. */
  readonly wrong: number;
  readonly locked_until?: Date;
}

export const SESSIONS = 'lethe_sessions';

/** A signed-in person. The cookie's secret is kept as a digest: who reads the database can sign in as nobody. */
export interface SessionRow {
  /** SHA-256 of the secret, in hexadecimal. It has 256 random bits. */
  readonly _id: string;
  readonly person_id: string;
  readonly created_at: Date;
  readonly seen_at: Date;
  /** When it ends if nothing more is asked: the nearer of both limits. The database deletes it some time after. */
  readonly ends_at: Date;
  /** When it ends whatever is asked. */
  readonly expires_at: Date;
}
