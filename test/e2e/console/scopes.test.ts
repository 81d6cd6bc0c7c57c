import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DOORS } from '../../../api/doors.ts';
import type { Operation } from '../../../api/openapi/operation.ts';
import { ACCOUNT_SCOPES, ROLES, type Role, SCOPES } from '../../../src/ledger/accounts/scopes.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { type SignedIn, signInAs } from '../../support/sign-in.ts';
import { call } from '../../support/wire.ts';

describe('scopes', () => {
  let platform: Platform;
  let url: string;
  let account: string;
  let operations: Operation[];
  const people = new Map<Role, SignedIn>();
  beforeAll(async () => {
    platform = await openPlatform('scopes', { RATE_LIMIT_PER_SECOND: '0', REDACT_RATE_LIMIT: '0' });
    ({ url } = await platform.startApi());
    account = (await platform.account()).account._id;
    operations = DOORS.flatMap((door) => door.operations(platform.config));
    for (const role of Object.keys(ROLES) as Role[])
      people.set(role, await signInAs(platform, url, `${role}@example.com`, role, { kind: 'account', id: account }));
  });
  afterAll(() => platform?.close());

  const personOf = (role: Role) => people.get(role) as SignedIn;
  /** Paths of nothing: what is not refused finds nothing, or misses a field. */
  const pathOf = ({ path }: Operation) => path.replace(/:\w+/g, 'none');
  const methodOf = ({ method }: Operation) => method.toUpperCase();
  /** Ends the session that the other requests need. */
  const isSignOut = ({ method, path }: Operation) => method === 'delete' && path === '/console/api/session';

  it('every operation that is not open names one, and the description shows it', async () => {
    const document = (await call(url, '/openapi.json')).body as {
      paths: Record<string, Record<string, Record<string, unknown>>>;
    };
    for (const { method, path, open, ...operation } of operations) {
      const scope = operation['x-scope'];
      expect({ path, scope }).toEqual({ path, scope: open ? undefined : expect.stringMatching(SCOPES.join('|')) });
      expect(document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method]?.['x-scope']).toBe(scope);
    }
  });

  it.each(Object.keys(ROLES) as Role[])('a %s of one account is refused what the role may not do', async (role) => {
    // What belongs to the whole installation is for admins of all accounts.
    const may = new Set<string>(ROLES[role].filter((scope) => scope !== 'platform'));
    for (const operation of operations.filter((one) => !one.open && !isSignOut(one))) {
      const answer = await personOf(role).ask(pathOf(operation), { method: methodOf(operation) });
      const told = { path: operation.path, role, text: answer.text, refused: answer.status === 403 };
      expect(told).toEqual({ ...told, refused: !may.has(operation['x-scope'] ?? '') });
    }
  });

  it('a key may do what it was made for, and one made before there were scopes all that a key may', async () => {
    const { core } = platform;
    const make = async (scopes?: 'look'[]) => {
      const made = await core.keys.create({ account, ...(scopes && { scopes }), now: new Date() });
      return made?.whole ?? '';
    };
    const [narrow, old] = [await make(['look']), await make()];
    expect(await core.db.collection('lethe_keys').countDocuments({ scopes: { $exists: false } })).toBeGreaterThan(0);
    for (const operation of operations.filter((one) => !one.open && !one.path.startsWith('/console/api/session'))) {
      const scope = operation['x-scope'] ?? '';
      for (const [key, may] of [
        [narrow, ['look'] as readonly string[]],
        [old, ACCOUNT_SCOPES as readonly string[]],
      ] as const) {
        const answer = await call(url, pathOf(operation), { key, method: methodOf(operation) });
        const told = { path: operation.path, may, text: answer.text, refused: answer.status === 403 };
        expect(told).toEqual({ ...told, refused: !may.includes(scope) });
      }
    }
  });
});
