import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../../src/ledger/audit/entry.ts';
import { auditPerson, auditSignIn } from '../../../../src/ledger/people/audited.ts';
import { coveredIds, findCovered, isWithin, scopesOfPerson } from '../../../../src/ledger/people/coverage.ts';
import {
  createPeople,
  faultOfPassword,
  generatePassword,
  isEmail,
  type People,
  personIdOf,
} from '../../../../src/ledger/people/people.ts';
import { type Coverage, PEOPLE, type Person, SESSIONS, type SessionRow } from '../../../../src/ledger/people/rows.ts';
import { createSessions, csrfTokenOf, isCsrfToken } from '../../../../src/ledger/people/sessions.ts';
import { admitNamed, makeTotp, SEALED_PEOPLE, signIn } from '../../../../src/ledger/people/sign-in.ts';
import { hashPassword, verifyPassword } from '../../../../src/lib/password-hash.ts';
import { totpCode } from '../../../../src/lib/totp.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);
const MINUTE = 60_000;
const PASSWORD = 'correct horse battery';
const ALL: Coverage = { kind: 'all' };

describe('rows of people and their sessions', () => {
  let platform: Platform;
  let people: People;
  let hash: string;
  beforeAll(async () => {
    platform = await openPlatform('people-rows');
    people = createPeople(platform.core.db);
    // One for all: each costs a tenth of a second.
    hash = await hashPassword(PASSWORD);
  });
  afterAll(() => platform?.close());
  beforeEach(async () => {
    for (const name of [PEOPLE, SESSIONS]) await platform.core.db.collection(name).deleteMany({});
  });

  const rows = () => platform.core.db.collection<Person>(PEOPLE);
  const sessionRows = () => platform.core.db.collection<SessionRow>(SESSIONS);
  const read = (id: string) => rows().findOne({ _id: id });
  const add = async (email: string, more: Partial<Person> = {}): Promise<Person> => {
    const person: Person = {
      ...{ _id: personIdOf(email), email, name: email, role: 'clerk', covers: ALL, password: hash },
      ...{ created_at: NOW, wrong: 0, ...more },
    };
    await rows().insertOne({ ...person });
    return person;
  };
  const IDLE_MS = 30 * MINUTE;
  const LONGEST_MS = 60 * MINUTE;
  const sessions = () => createSessions(platform.core.db, { idleMs: IDLE_MS, longestMs: LONGEST_MS });

  describe('a person', () => {
    const input = { email: ' Jo@Example.ORG ', name: 'Jo', role: 'clerk' as const, covers: ALL, now: NOW };
    const jo = { _id: personIdOf('jo@example.org'), email: 'jo@example.org', name: 'Jo', role: 'clerk', covers: ALL };

    it('is one an address, however it is written', async () => {
      expect(await people.create({ ...input, totp: 'sealed' })).toEqual({
        ...jo,
        totp: 'sealed',
        created_at: NOW,
        wrong: 0,
      });
      expect(await read(jo._id)).toEqual({ ...jo, totp: 'sealed', created_at: NOW, wrong: 0 });
      expect(await people.create({ ...input, email: 'JO@example.org' })).toBeNull();
      const made = await people.create({ ...input, email: 'al@example.org', password: PASSWORD });
      expect(await verifyPassword(PASSWORD, made?.password ?? null)).toBe(true);
      await expect(people.create({ ...input, email: 'nobody' })).rejects.toThrow('not an e-mail address');
      expect(jo._id).toMatch(/^usr_[a-p]{24}$/);
      expect(await people.find(jo._id)).toMatchObject(jo);
    });

    it('is listed by name, of one name by id', async () => {
      for (const [email, name] of [
        ['a@x.org', 'Zoe'],
        ['b@x.org', 'Al'],
        ['c@x.org', 'Al'],
        ['d@x.org', 'Al'],
      ] as const)
        await add(email, { name });
      const als = ['b', 'c', 'd'].map((one) => personIdOf(`${one}@x.org`)).sort();
      expect((await people.list()).map(({ _id }) => _id)).toEqual([...als, personIdOf('a@x.org')]);
    });

    it('is disabled once, and signed out; others are not', async () => {
      const [one, other] = [await add('one@x.org'), await add('other@x.org')];
      for (const person of [one, one, other]) await sessions().open(person, NOW);
      expect(await people.disable(one._id, later(5))).toBe(true);
      expect(await people.disable(one._id, later(9))).toBe(false);
      expect(await people.disable('usr_none', NOW)).toBe(false);
      expect([await read(one._id), await read(other._id)]).toEqual([{ ...one, disabled_at: later(5) }, other]);
      expect(await sessionRows().distinct('person_id')).toEqual([other._id]);
    });

    it.each<[what: string, totp: string | null | undefined, after: object]>([
      ['with the one-time passwords they had', undefined, { totp: 'sealed' }],
      ['with others', 'anew', { totp: 'anew' }],
      ['without any', null, {}],
    ])('is given another password, %s', async (_what, totp, after) => {
      const stopped = { disabled_at: NOW, locked_until: NOW, totp: 'sealed', totp_step: 7, wrong: 4 };
      const [one, other] = [await add('one@x.org', stopped), await add('other@x.org', stopped)];
      for (const person of [one, other]) await sessions().open(person, NOW);
      expect(await people.reset(one._id, 'another password', totp)).toBe(true);
      const { password, ...row } = (await read(one._id)) as Person;
      const { disabled_at: _, locked_until: __, totp: ___, totp_step: ____, password: _____, ...kept } = one;
      expect(row).toEqual({ ...kept, wrong: 0, ...after });
      expect(await verifyPassword('another password', password ?? null)).toBe(true);
      expect(await read(other._id)).toEqual(other);
      expect(await sessionRows().distinct('person_id')).toEqual([other._id]);
      expect(await people.reset('usr_none', 'another password')).toBe(false);
    });

    it('changes the own password with the right one alone', async () => {
      const [one, other] = [await add('one@x.org'), await add('other@x.org')];
      for (const person of [one, other]) await sessions().open(person, NOW);
      expect(await people.changePassword(one._id, 'wrong', 'another password')).toBe(false);
      expect([await read(one._id), await sessionRows().countDocuments()]).toEqual([one, 2]);
      expect(await people.changePassword(one._id, PASSWORD, 'another password')).toBe(true);
      const { password, ...row } = (await read(one._id)) as Person;
      expect({ ...row, password: hash }).toEqual(one);
      expect(await verifyPassword('another password', password ?? null)).toBe(true);
      expect(await sessionRows().distinct('person_id')).toEqual([other._id]);
      const { _id } = await add('provider@x.org', { password: undefined as never });
      expect(await people.changePassword(_id, '', 'another password')).toBe(false);
    });

    it.each<[email: string, is: boolean]>([
      ['jo@example.org', true],
      [' JO@Example.org ', true],
      ['jo@localhost', true],
      [`${'j'.repeat(64)}@example.org`, true],
      [`${'j'.repeat(65)}@example.org`, false],
      [`jo@${'e'.repeat(197)}`, true],
      [`jo@${'e'.repeat(198)}`, false],
      ['447700900123@example.org', false],
      ['jo', false],
      ['jo bloggs@example.org', false],
    ])('%s is an address: %s', (email, is) => {
      expect(isEmail(email)).toBe(is);
    });

    it('has a password of a length', () => {
      expect([11, 12, 200, 201].map((length) => faultOfPassword('x'.repeat(length)))).toEqual([
        ...['must have 12 characters or more', null, null, 'must have 200 characters at most'],
      ]);
      expect(generatePassword()).toMatch(/^[A-Za-z0-9]{20}$/);
    });

    it('is told of in the audit of the installation', async () => {
      const events: AuditEvent[] = [];
      const audit = { append: async (event: AuditEvent) => void events.push(event) };
      await auditPerson(audit, 'person reset', { actor: 'cli', person: { _id: 'usr_1' }, at: NOW });
      await auditSignIn(audit, 'password', { _id: 'usr_1', email: 'jo@example.org' }, NOW);
      const event = { account: 'installation', reference: 'usr_1', at: NOW, counts: {} };
      expect(events).toEqual([
        { ...event, actor: 'cli', action: 'people.change', reason: 'person reset' },
        { ...event, actor: 'jo@example.org', action: 'people.sign_in', reason: 'password' },
      ]);
    });
  });

  describe('a session', () => {
    it('stands in the ledger without its secret', async () => {
      const person = await add('one@x.org');
      const { secret, session } = await sessions().open(person, NOW);
      expect(session).toEqual({ person, expiresAt: later(LONGEST_MS) });
      const [row] = await sessionRows().find().toArray();
      expect(row).toEqual({
        ...{ _id: expect.stringMatching(/^[0-9a-f]{64}$/), person_id: person._id, created_at: NOW, seen_at: NOW },
        ...{ ends_at: later(IDLE_MS), expires_at: later(LONGEST_MS) },
      });
      expect(JSON.stringify(row)).not.toContain(secret);
    });

    it('lives on while it is used, and not beyond its longest time', async () => {
      const person = await add('one@x.org');
      const { secret } = await sessions().open(person, NOW);
      const find = (ms: number, active = true) => sessions().find(secret, later(ms), active);
      const row = () => sessionRows().findOne({}, { projection: { _id: 0, seen_at: 1, ends_at: 1 } });
      expect(await find(MINUTE - 1)).toEqual({ person, expiresAt: later(LONGEST_MS) });
      expect(await row()).toEqual({ seen_at: NOW, ends_at: later(IDLE_MS) });
      await find(MINUTE, false);
      expect(await row()).toEqual({ seen_at: NOW, ends_at: later(IDLE_MS) });
      await find(MINUTE);
      expect(await row()).toEqual({ seen_at: later(MINUTE), ends_at: later(MINUTE + IDLE_MS) });
      expect(await find(IDLE_MS + MINUTE)).toBeNull();
      await find(IDLE_MS + MINUTE - 1);
      expect(await row()).toEqual({ seen_at: later(IDLE_MS + MINUTE - 1), ends_at: later(LONGEST_MS) });
      expect(await find(LONGEST_MS)).toBeNull();
      expect(await find(LONGEST_MS - 1)).not.toBeNull();
    });

    it('of a short life is written more often', async () => {
      const short = createSessions(platform.core.db, { idleMs: 4_000, longestMs: LONGEST_MS });
      const { secret } = await short.open(await add('one@x.org'), NOW);
      await short.find(secret, later(999), true);
      expect(await sessionRows().findOne()).toMatchObject({ seen_at: NOW });
      await short.find(secret, later(1_000), true);
      expect(await sessionRows().findOne()).toMatchObject({ seen_at: later(1_000), ends_at: later(5_000) });
    });

    it('is one person’s, who is there and not disabled', async () => {
      const [one, other] = [await add('one@x.org'), await add('other@x.org')];
      const [mine, theirs] = [await sessions().open(one, NOW), await sessions().open(other, NOW)];
      expect((await sessions().find(theirs.secret, NOW, true))?.person._id).toBe(other._id);
      await sessions().end('x');
      await sessions().end('A'.repeat(43));
      expect(await sessionRows().countDocuments()).toBe(2);
      await sessions().end(theirs.secret);
      expect(await sessions().find(theirs.secret, NOW, true)).toBeNull();
      expect(await sessions().find('x', NOW, true)).toBeNull();
      await rows().updateOne({ _id: one._id }, { $set: { disabled_at: NOW } });
      expect(await sessions().find(mine.secret, NOW, true)).toBeNull();
      await rows().deleteOne({ _id: one._id });
      expect(await sessions().find(mine.secret, NOW, true)).toBeNull();
    });

    it('has a token of its own', () => {
      const token = csrfTokenOf('secret');
      expect(token).toMatch(/^[\w-]{43}$/);
      const given = [token, csrfTokenOf('other'), `${token}x`, '', undefined];
      expect(given.map((one) => isCsrfToken('secret', one))).toEqual([true, false, false, false, false]);
    });
  });

  describe('signing in', () => {
    const attempt = (email: string, password: string, more: { totp?: string; now?: Date } = {}) => {
      const { db, seal } = platform.core;
      return signIn({ db, seal }, { email, password, totp: more.totp }, more.now ?? NOW).then(
        (person) => person._id,
        (error: { errorName?: string }) => error.errorName,
      );
    };

    it('with the right password ends the count of wrong ones', async () => {
      const [one, other] = [
        await add('one@x.org', { wrong: 4, locked_until: NOW }),
        await add('other@x.org', { wrong: 2 }),
      ];
      expect(await attempt(' ONE@x.org', PASSWORD)).toBe(one._id);
      const { locked_until: _, ...unlocked } = one;
      expect(await read(one._id)).toEqual({ ...unlocked, wrong: 0, last_sign_in_at: NOW });
      expect(await read(other._id)).toEqual(other);
    });

    it('locks out after five wrong ones, for a quarter of an hour', async () => {
      const [one, other] = [await add('one@x.org', { wrong: 3 }), await add('other@x.org')];
      for (const wrong of [4, 5]) {
        expect(await attempt('one@x.org', 'wrong')).toBe('invalid_sign_in');
        expect(await read(one._id)).toEqual({ ...one, wrong });
      }
      expect(await attempt('one@x.org', PASSWORD)).toBe('invalid_sign_in');
      const locked = { ...one, wrong: 0, locked_until: later(15 * MINUTE) };
      expect(await read(one._id)).toEqual(locked);
      expect(await attempt('one@x.org', PASSWORD, { now: later(15 * MINUTE - 1) })).toBe('invalid_sign_in');
      expect(await read(one._id)).toEqual(locked);
      expect(await attempt('one@x.org', PASSWORD, { now: later(15 * MINUTE) })).toBe(one._id);
      expect(await read(other._id)).toEqual(other);
    });

    it('is for who is there, not disabled and has a password', async () => {
      await add('gone@x.org', { disabled_at: NOW });
      await add('provider@x.org', { password: undefined as never });
      const outcomes = await Promise.all(
        ['gone@x.org', 'provider@x.org', 'none@x.org'].map((email) => attempt(email, PASSWORD)),
      );
      expect(outcomes).toEqual(Array(3).fill('invalid_sign_in'));
    });

    it('asks for a code after the right password, and takes each once', async () => {
      const { sealed, address } = makeTotp(platform.core.seal, ' ONE@x.org ');
      const url = new URL(address);
      expect([decodeURIComponent(url.pathname), url.searchParams.get('issuer')]).toEqual(['/Lethe:one@x.org', 'Lethe']);
      const secret = url.searchParams.get('secret') ?? '';
      const one = await add('one@x.org', { totp: sealed });
      const other = await add('other@x.org');
      const code = totpCode(secret, NOW);
      expect(await attempt('one@x.org', 'wrong', { totp: code })).toBe('invalid_sign_in');
      expect(await attempt('one@x.org', PASSWORD)).toBe('totp_required');
      expect(await read(one._id)).toEqual({ ...one, wrong: 1 });
      expect(await attempt('one@x.org', PASSWORD, { totp: code === '000000' ? '000001' : '000000' })).toBe(
        'invalid_sign_in',
      );
      expect(await read(one._id)).toEqual({ ...one, wrong: 2 });
      expect(await attempt('one@x.org', PASSWORD, { totp: code })).toBe(one._id);
      const step = Math.floor(NOW.getTime() / 30_000);
      expect(await read(one._id)).toEqual({ ...one, wrong: 0, totp_step: step, last_sign_in_at: NOW });
      expect(await attempt('one@x.org', PASSWORD, { totp: code })).toBe('invalid_sign_in');
      const next = later(30_000);
      expect(await attempt('one@x.org', PASSWORD, { totp: totpCode(secret, next), now: next })).toBe(one._id);
      expect(await read(other._id)).toEqual(other);
      expect(SEALED_PEOPLE.sealedIn(one)).toEqual([{ path: 'totp', text: sealed, context: `totp ${one._id}` }]);
      expect(SEALED_PEOPLE.sealedIn(other)).toEqual([]);
      expect(await rows().find(SEALED_PEOPLE.filter).toArray()).toHaveLength(1);
    });

    it('elsewhere lets in who is there, not disabled and not locked out', async () => {
      const one = await add('one@x.org', { locked_until: NOW });
      await add('gone@x.org', { disabled_at: NOW });
      await add('locked@x.org', { locked_until: later(1) });
      const { db } = platform.core;
      expect(await admitNamed(db, ' One@X.org', NOW)).toEqual({ ...one, last_sign_in_at: NOW });
      expect(await read(one._id)).toEqual({ ...one, last_sign_in_at: NOW });
      for (const email of ['gone@x.org', 'locked@x.org', 'none@x.org'])
        await expect(admitNamed(db, email, NOW)).rejects.toMatchObject({ errorName: 'invalid_sign_in' });
    });
  });

  it('somebody works on what they cover, and on nothing beside it', async () => {
    const { db, accounts } = platform.core;
    const agency = await accounts.create({ name: 'Agency', now: NOW });
    const sub = await accounts.create({ name: 'Sub', agency: agency._id, now: NOW });
    const stranger = await accounts.create({ name: 'Stranger', now: NOW });
    const [own, below]: Coverage[] = [
      { kind: 'account', id: agency._id },
      { kind: 'agency', id: agency._id },
    ];
    const [only, strange]: Coverage[] = [
      { kind: 'account', id: sub._id },
      { kind: 'agency', id: stranger._id },
    ];
    const all = [ALL, below, own, only, strange] as Coverage[];
    const found = async (covers: Coverage) =>
      Promise.all([agency, sub, stranger].map(async ({ _id }) => (await findCovered(db, covers, _id)) !== null));
    expect(await Promise.all(all.map(found))).toEqual([
      [true, true, true],
      [true, true, false],
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
    for (const none of ['acc_000000000000', 'x', '']) expect(await findCovered(db, ALL, none)).toBeNull();
    expect(await Promise.all(all.map((covers) => coveredIds(db, covers)))).toEqual([
      ...['all', [agency._id, sub._id], [agency._id], [sub._id], [stranger._id]],
    ]);
    // Each as seen by each.
    const within = await Promise.all(all.map((inner) => Promise.all(all.map((outer) => isWithin(db, inner, outer)))));
    expect(within).toEqual([
      [true, false, false, false, false],
      [true, true, false, false, false],
      [true, true, true, false, false],
      [true, true, false, true, false],
      [true, false, false, false, true],
    ]);
    expect(scopesOfPerson({ role: 'admin', covers: ALL })).toContain('platform');
    expect(scopesOfPerson({ role: 'admin', covers: { kind: 'agency', id: 'x' } })).not.toContain('platform');
    expect(scopesOfPerson({ role: 'viewer', covers: { kind: 'agency', id: 'x' } })).toEqual(['look']);
    expect(scopesOfPerson({ role: 'gone' as never, covers: ALL })).toEqual([]);
  });
});
