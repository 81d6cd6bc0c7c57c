import type { Role } from '../../src/ledger/accounts/scopes.ts';
import type { Coverage, Person } from '../../src/ledger/people/rows.ts';
import type { Platform } from './platform.ts';
import { type Answer, type Call, call } from './wire.ts';

/** A person with a session, as a browser holds it. */
export interface SignedIn {
  readonly person: Person;
  readonly password: string;
  /** `lethe=…`, as it goes into the header `Cookie`. */
  readonly cookie: string;
  readonly csrf: string;
  /** One request of the person's, with cookie and token. @param account the account that is worked on */
  ask(path: string, options?: Call, account?: string): Promise<Answer>;
}

const PASSWORD = 'correct horse battery';

/** Makes a person on the platform. */
export async function makePerson(
  platform: Platform,
  email: string,
  role: Role,
  covers: Coverage = { kind: 'all' },
): Promise<Person> {
  const input = { email, name: email, role, covers, password: PASSWORD, now: new Date() };
  const person = await platform.core.people.create(input);
  if (!person) throw new Error(`there is a ${email} already`);
  return person;
}

export const attempt = (url: string, email: string, password = PASSWORD, totp?: string): Promise<Answer> =>
  call(url, '/console/api/session', { body: { email, password, ...(totp !== undefined && { totp }) } });

/** Makes a person and signs them in over HTTP. */
export async function signInAs(
  platform: Platform,
  url: string,
  email: string,
  role: Role,
  covers?: Coverage,
): Promise<SignedIn> {
  const person = await makePerson(platform, email, role, covers);
  const answer = await attempt(url, email);
  if (answer.status !== 200) throw new Error(`not signed in: ${answer.status} ${answer.text}`);
  const cookie = (answer.headers['set-cookie'] ?? '').split(';')[0] ?? '';
  const csrf = String(answer.body.csrf);
  return {
    ...{ person, password: PASSWORD, cookie, csrf },
    ask: (path, options = {}, account) =>
      call(url, path, {
        ...options,
        headers: {
          cookie,
          'x-csrf-token': csrf,
          ...(account !== undefined && { 'lethe-account': account }),
          ...options.headers,
        },
      }),
  };
}
