import type { Audit } from '../audit/audit.ts';
import { INSTALLATION } from '../audit/entry.ts';
import type { Person } from './rows.ts';

/** What was done about a person, and by whom. */
interface PersonAct {
  /** The address of who did it, or `cli`. */
  readonly actor: string;
  /** Whom it was done to. */
  readonly person: Pick<Person, '_id'>;
  readonly at: Date;
}

/** Appends to the installation's chain that somebody was let in, kept out or given another password. */
export function auditPerson(
  audit: Pick<Audit, 'append'>,
  reason: 'person created' | 'person disabled' | 'person reset',
  { actor, person, at }: PersonAct,
): Promise<void> {
  return audit.append({
    ...{ account: INSTALLATION, actor, action: 'people.change', reason, reference: person._id },
    ...{ at, counts: {} },
  });
}

/** Appends to the installation's chain that somebody has signed in, and how they showed who they are. */
export function auditSignIn(
  audit: Pick<Audit, 'append'>,
  by: 'password' | 'openid_connect',
  { _id, email }: Pick<Person, '_id' | 'email'>,
  at: Date,
): Promise<void> {
  return audit.append({
    ...{ account: INSTALLATION, actor: email, action: 'people.sign_in', reason: by, reference: _id },
    ...{ at, counts: {} },
  });
}
