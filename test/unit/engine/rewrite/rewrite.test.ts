import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { readPath } from '../../../../src/engine/map/paths.ts';
import { rewrite } from '../../../../src/engine/rewrite/rewrite.ts';
import { createNumberMatcher } from '../../../../src/phone/matcher.ts';
import { AL, JO, MASK, NOW, outcomeOf, rulesOf, run } from './support.ts';

const { Code, DBRef, Long, Binary, Decimal128, Double, Int32, ObjectId } = mongoose.mongo;
const TOKEN = `key1.${'A'.repeat(43)}`;

describe('whose record it is', () => {
  const emergency = {
    fate: 'delete' as const,
    numbers: ['phone', 'emergency[].phone'],
    fields: { name: 'name' as const, 'emergency[].name': 'name' as const },
  };

  it("deletes a contact by its own number, and not by one in somebody else's", () => {
    const contact = {
      name: 'Bram',
      phone: AL,
      emergency: [
        { name: 'Jo', phone: JO },
        { name: 'Cy', phone: '447700900789' },
      ],
    };
    expect(outcomeOf(contact, emergency)).toEqual({
      ...contact,
      emergency: [{ name: null, phone: MASK }, contact.emergency[1]],
    });
    expect(outcomeOf({ name: 'Jo', phone: `whatsapp:+${JO}` }, emergency)).toBe('deleted');
    // Seven digits are another number, six are none.
    const beside = (phone: string) => outcomeOf({ phone, emergency: [{ phone: JO }] }, emergency);
    expect(beside('1234567')).toEqual({ phone: '1234567', emergency: [{ phone: MASK }] });
    expect(beside('123456')).toBe('deleted');
  });

  it('takes what tells who somebody is, where a number stands in it, with that number alone', () => {
    const call = { numbers: ['src', 'dst', 'clid'], fields: { clid: 'caller_id', note: 'note' } } as const;
    const [jo, al] = [`"Jo" <sip:+${JO}@host>`, `"Al" <sip:+${AL}@host>`];
    const of = (document: object) => outcomeOf({ ...document } as never, call as never);
    expect(of({ src: JO, dst: AL, clid: jo, note: 'n' })).toEqual({ src: MASK, dst: AL, clid: null, note: null });
    expect(of({ src: AL, dst: JO, clid: al, note: 'n' })).toEqual({ src: AL, dst: MASK, clid: al, note: null });
    expect(of({ src: AL, dst: JO, clid: `${jo}, ${al}` })).toEqual({ src: AL, dst: MASK, clid: null });
    expect(of({ src: JO, clid: '"Jo"' })).toEqual({ src: MASK, clid: null });
    expect(of({ clid: jo })).toEqual({ clid: null });
    const list = { numbers: ['to[].n', 'to[].as'], fields: { 'to[].as': 'name' } } as const;
    const to = [
      { n: JO, as: jo },
      { n: JO, as: al },
      { n: AL, as: al },
    ];
    expect(outcomeOf({ to }, list as never)).toEqual({
      to: [
        { n: MASK, as: null },
        { n: MASK, as: al },
        { n: AL, as: al },
      ],
    });
  });

  it('leaves elements alone for a number that stands beside them', () => {
    const entry = {
      fate: 'delete' as const,
      elements: 'a[].b[]',
      numbers: ['a[].b[].n', { path: 'a[].n', own: true }],
    };
    expect(outcomeOf({ a: [{ n: JO, b: [{ n: AL }, { n: JO }] }] }, entry)).toEqual({
      a: [{ n: MASK, b: [{ n: AL }] }],
    });
  });

  it('finds a field beside a number under a key with dots', () => {
    const entry = { numbers: ['a.b.n'], fields: { 'a.c': 'body' as const } };
    expect(outcomeOf({ 'a.b': { n: JO }, a: { c: 'x' } }, entry)).toEqual({
      'a.b': { n: MASK },
      a: { c: '[REDACTED]' },
    });
  });

  it.each([
    ['none', {}],
    ['null', { phone: null }],
    ['no number', { phone: 'n/a' }],
    ['the same person, otherwise written', { phone: '+44 (0)7700 900-123' }],
  ])('deletes a contact by a number in a list where its own place holds %s', (_what, own) => {
    expect(outcomeOf({ name: 'Jo', emergency: [{ name: 'Jo', phone: JO }], ...own }, emergency)).toBe('deleted');
  });

  it.each([AL, Long.fromString(AL), `${JO} / ${AL}`])('keeps it where that place holds another: %s', (phone) => {
    const contact = { name: 'Bram', phone, emergency: [{ name: 'Jo', phone: JO }] };
    for (const people of [[JO], [JO, '447700900789' as typeof JO]])
      expect(run(contact, rulesOf([emergency]), people).fate).toBe('changed');
  });

  it('leaves a contact to its own number though both people are forgotten at once', () => {
    const contact = { name: 'Bram', phone: AL, emergency: [{ name: 'Jo', phone: JO }] };
    const { found } = run(contact, rulesOf([emergency]), [JO, AL]);
    expect(found.map(({ number, own }) => [number, own])).toEqual([
      [AL, true],
      [JO, false],
    ]);
  });

  it('deletes by a number in a list where the map has no other', () => {
    expect(outcomeOf({ phones: [{ n: AL }, { n: JO }] }, { fate: 'delete', numbers: ['phones[].n'] })).toBe('deleted');
  });

  it('keeps a contact whose field holds another number beside it', () => {
    const entry = { fate: 'delete' as const, numbers: ['phone'], fields: { name: 'name' as const } };
    expect(outcomeOf({ name: 'J & A', phone: `${JO}; ${AL}` }, entry)).toEqual({ name: null, phone: `${MASK}; ${AL}` });
    expect(outcomeOf({ name: 'Jo', phone: `+${JO} x123` }, entry)).toBe('deleted');
  });

  it('takes the innermost element, and leaves what is outside of it', () => {
    const entry = {
      fate: 'delete' as const,
      elements: 'homes[].people[]',
      numbers: ['homes[].people[].phone'],
      fields: { note: 'note' as const },
    };
    const before = {
      note: 'n',
      homes: [{ people: [{ phone: AL }, { phone: JO }, { phone: JO }] }, { people: [{ phone: JO }] }],
    };
    const result = run(before, rulesOf([entry]));
    expect(result.after).toEqual({ note: 'n', homes: [{ people: [{ phone: AL }] }, { people: [] }] });
    expect(result.pulled.map(({ path, index }) => [...path, index])).toEqual([
      ['homes', 0, 'people', 1],
      ['homes', 0, 'people', 2],
      ['homes', 1, 'people', 0],
    ]);
  });

  it('every entry that is about the record is applied, and deletion wins', () => {
    const entries = [
      {
        name: 'out',
        numbers: ['to'],
        fields: { body: 'body' as const },
        matches: (doc: Record<string, unknown>) => doc.type === 'SENT',
      },
      { name: 'in', numbers: ['from'], fields: { body: 'body' as const } },
    ];
    expect(run({ type: 'SENT', to: JO, from: AL, body: 'x' }, rulesOf(entries)).after.body).toBe('[REDACTED]');
    expect(run({ type: 'RECEIVED', to: JO, from: AL, body: 'x' }, rulesOf(entries))).toMatchObject({
      after: { type: 'RECEIVED', to: MASK, from: AL, body: 'x' },
      found: [{ as: 'unmapped', name: 'in', path: 'to' }],
    });
    const both = rulesOf([...entries, { fate: 'delete', numbers: ['owner'] }]);
    expect(run({ type: 'SENT', to: JO, owner: JO }, both).fate).toBe('deleted');
  });

  it('several people at once', () => {
    const result = run(
      { to: [JO, AL, '447700900999'], body: 'x' },
      rulesOf([{ numbers: ['to[]'], fields: { body: 'body' } }]),
      [JO, AL],
    );
    expect(result.after).toEqual({ to: [MASK, '44********56', '447700900999'], body: '[REDACTED]' });
    expect(result.found.map(({ number }) => number)).toEqual([JO, AL]);
  });
});

describe('what becomes of a value', () => {
  const entry = (strategy: 'mask' | 'clear' | 'empty' | 'token' | 'delete' | { replace: string }) => ({
    numbers: [{ path: 'to', strategy }],
  });

  it.each([
    ['mask', MASK],
    ['clear', null],
    ['empty', ''],
    ['token', 'token-of-123'],
    [{ replace: 'gone' }, 'gone'],
  ] as const)('%j writes its text for a text, and null for a number', (strategy, text) => {
    expect(outcomeOf({ to: `+${JO}` }, entry(strategy))).toEqual({ to: text });
    for (const value of [
      447700900123,
      Long.fromString(JO),
      new Double(447700900123),
      Decimal128.fromString(`${JO}.0`),
      Decimal128.fromString('4.47700900123E+11'),
      Long.fromString(`-${JO}`),
      new Int32(1),
    ]) {
      const expected = value instanceof Int32 ? value : null;
      expect(outcomeOf({ to: value }, entry(strategy))).toEqual({ to: expected });
    }
  });

  it('deletes a key, and an element of a list', () => {
    expect(outcomeOf({ a: 1, to: JO }, entry('delete'))).toEqual({ a: 1 });
    expect(outcomeOf({ to: [AL, JO] }, entry('delete'))).toEqual({ to: [AL] });
  });

  it.each([
    [`whatsapp:+${JO}`, `whatsapp:${MASK}`],
    [`${JO}@c.us`, `${MASK}@c.us`],
    [`Jo <+${JO}>`, MASK],
    [`${JO}, +${AL}, and 3 others`, `${MASK}, +${AL}, and 3 others`],
    [`+${AL},+${JO}`, `+${AL},${MASK}`],
  ])('masks what is the person’s in %s', (value, expected) => {
    expect(outcomeOf({ to: value }, entry('mask'))).toEqual({ to: expected });
  });

  it('keeps the kind of a field, and what is nothing', () => {
    const id = new ObjectId();
    const fields = {
      text: 'body',
      none: 'body',
      blank: 'body',
      missing: 'body',
      list: 'custom',
      empty: 'tag',
      object: 'transcript',
      objects: 'transcript',
      cleared: 'custom',
      size: 'body',
      at: 'body',
      flag: 'custom',
      raw: 'custom',
    } as const;
    const before = {
      to: JO,
      text: 'x',
      none: null,
      blank: '',
      list: ['a'],
      empty: [],
      object: { _id: id, msg: 'hi', n: 3, ok: true, u: { name: 'Jo' }, none: null },
      objects: [{ msg: 'hi' }, 'hi', 3],
      cleared: { a: 1 },
      size: 7,
      at: NOW,
      flag: true,
      raw: new Binary(Buffer.from('x')),
    };
    expect(outcomeOf(before, { numbers: ['to'], fields })).toEqual({
      to: MASK,
      text: '[REDACTED]',
      none: null,
      blank: '',
      list: [],
      empty: [],
      object: { _id: id, msg: '[REDACTED]', n: null, ok: true, u: { name: '[REDACTED]' }, none: null },
      objects: [{ msg: '[REDACTED]' }, '[REDACTED]', null],
      cleared: {},
      size: null,
      at: null,
      flag: null,
      raw: null,
    });
  });

  it('edits each value alone, with what was read', () => {
    const result = run(
      { to: [AL, JO], body: 'x', meta: {} },
      rulesOf([{ numbers: ['to[]'], fields: { body: 'body', meta: 'custom' }, mark: 'log.redacted' }]),
    );
    expect(result.edits).toEqual([
      { path: ['to', 1], before: JO, after: MASK },
      { path: ['body'], before: 'x', after: '[REDACTED]' },
      { path: ['log', 'redacted'], before: undefined, after: NOW },
    ]);
  });
});

describe('fields', () => {
  const hook = {
    numbers: ['from', 'entry[].messages[].from', 'entry[].contacts[].wa_id'],
    fields: { 'entry[].messages[].text.body': 'body' as const, 'entry[].contacts[].profile.name': 'name' as const },
  };

  it("leaves other people's elements, however deep", () => {
    const message = (from: string, body: string) => ({ from, text: { body } });
    const before = {
      entry: [
        {
          contacts: [
            { wa_id: AL, profile: { name: 'Al' } },
            { wa_id: JO, profile: { name: 'Jo' } },
          ],
          messages: [message(AL, 'a'), message(JO, 'j')],
        },
        { contacts: [{ wa_id: AL, profile: { name: 'Al' } }], messages: [message(AL, 'a')] },
      ],
    };
    expect(outcomeOf(before, hook)).toEqual({
      entry: [
        {
          contacts: [before.entry[0]?.contacts[0], { wa_id: MASK, profile: { name: null } }],
          messages: [message(AL, 'a'), message(MASK, '[REDACTED]')],
        },
        before.entry[1],
      ],
    });
  });

  it('reaches arrays without numbers, outer elements, and the record', () => {
    const entry = {
      numbers: ['who[].phones[]'],
      fields: { 'who[].name': 'name', 'who[].mails[].address': 'email', 'texts[].body': 'body', note: 'note' } as const,
    };
    expect(
      outcomeOf(
        {
          who: [
            { name: 'Jo', phones: [JO], mails: [{ address: 'j' }] },
            { name: 'Al', phones: [AL], mails: [{ address: 'a' }] },
          ],
          texts: [{ body: 'x' }, { body: 'y' }],
          note: 'n',
        },
        entry,
      ),
    ).toEqual({
      who: [
        { name: null, phones: [MASK], mails: [{ address: null }] },
        { name: 'Al', phones: [AL], mails: [{ address: 'a' }] },
      ],
      texts: [{ body: '[REDACTED]' }, { body: '[REDACTED]' }],
      note: null,
    });
  });

  it('`all` reaches every element', () => {
    const entry = { numbers: ['from', 'to[].n'], fields: { 'to[].name': { category: 'name', all: true } } as const };
    const cleared = {
      from: AL,
      to: [
        { n: MASK, name: null },
        { n: AL, name: null },
      ],
    };
    expect(
      outcomeOf(
        {
          from: AL,
          to: [
            { n: JO, name: 'Jo' },
            { n: AL, name: 'Al' },
          ],
        },
        entry,
      ),
    ).toEqual(cleared);
    expect(outcomeOf({ from: JO, to: [{ n: AL, name: 'Al' }] }, entry)).toEqual({
      from: MASK,
      to: [{ n: AL, name: null }],
    });
    const without = { ...entry, fields: { 'to[].name': 'name' } as const };
    expect(outcomeOf({ from: JO, to: [{ n: AL, name: 'Al' }] }, without)).toEqual({
      from: MASK,
      to: [{ n: AL, name: 'Al' }],
    });
  });

  it.each([
    [{ to: [JO, AL] }, 'x'],
    [{ to: [JO, 447700900456] }, 'x'],
    [{ to: [{ number: AL }, { number: JO }] }, 'x'],
    [{ to: `${JO}, and 3 others` }, 'x'],
    [{ to: { [JO]: 1, [AL]: 2 } }, 'x'],
    [{ to: [JO] }, '[REDACTED]'],
    [{ to: [JO, 'INFO', '60777', null] }, '[REDACTED]'],
    [{ to: [JO, '44********56'] }, '[REDACTED]'],
    [{ to: { [JO]: 1 } }, '[REDACTED]'],
  ])('a text of several people stays until one is left: %j', (record, body) => {
    const entry = { numbers: ['to[].number'], fields: { body: { category: 'body', onlyIfAlone: true } } as const };
    expect(outcomeOf({ ...record, body: 'x' }, entry)).toMatchObject({ body });
  });

  it.each(['@g.us', ''])('of a group that is called by who made it is not theirs: -1612345678%s', (rest) => {
    const fields = { text: 'body' } as const;
    const entry = { numbers: ['jid', 'by'], fields };
    const jid = (number: string) => `${number}-1612345678${rest}`;
    expect(outcomeOf({ jid: jid(JO), by: AL, text: 'x' }, entry)).toEqual({ jid: jid(MASK), by: AL, text: 'x' });
    expect(outcomeOf({ jid: jid(JO), by: JO, text: 'x' }, entry)).toMatchObject({ by: MASK, text: '[REDACTED]' });
    const chat = { jid: jid(JO), text: 'x' };
    expect(outcomeOf(chat, { ...entry, fate: 'delete' })).toEqual({ ...chat, jid: jid(MASK) });
  });

  it('of another account, too, stays, and is a failure unless the map keeps it', () => {
    const shared = (record: Record<string, unknown>) => (Array.isArray(record.acc) ? readPath('acc') : undefined);
    const record = { acc: ['a', 'b'], to: JO };
    const failing = run(record, rulesOf([{ numbers: ['to'] }], { shared }));
    expect(failing).toMatchObject({ fate: 'unchanged', failures: [{ number: JO, path: 'acc', why: 'shared_record' }] });
    const kept = run(record, rulesOf([{ numbers: ['to'] }], { shared: () => 'keep' }));
    expect(kept).toMatchObject({ fate: 'unchanged', failures: [] });
  });

  it('a text of a person and of the account’s own number is the person’s', () => {
    const fields = { body: { category: 'body', onlyIfAlone: true } } as const;
    const ownNumber = ({ way }: Record<string, unknown>) => (way === 'in' ? 'to' : 'from');
    const entry = { numbers: ['from', 'to'], fields, ownNumber };
    expect(outcomeOf({ way: 'in', from: JO, to: AL, body: 'x' }, entry)).toMatchObject({ body: '[REDACTED]', to: AL });
    expect(outcomeOf({ way: 'out', from: JO, to: AL, body: 'x' }, entry)).toMatchObject({ body: 'x' });
  });

  it('of an uploaded list beside a list of numbers the person’s lines go, while others stand there', () => {
    const entry = { numbers: ['state.{key}'], fields: { csv: { category: 'form', around: 'line' } } as const };
    const csv = `Jo;${JO}\nAl;${AL}\n`;
    const state = { [JO]: 1, [AL]: 2 };
    expect(outcomeOf({ csv, state }, entry)).toEqual({ csv: `Al;${AL}\n`, state: { [MASK]: 1, [AL]: 2 } });
    expect(outcomeOf({ csv, state: { [JO]: 1 } }, entry)).toEqual({ csv: null, state: { [MASK]: 1 } });
    const one = { ...entry, numbers: ['to', 'by'] };
    expect(outcomeOf({ csv: 'Jo', to: JO, by: AL }, one)).toEqual({ csv: null, to: MASK, by: AL });
  });

  it('a part of a field goes with a mention, and the field with the record', () => {
    const fields = { message: 'body', 'message.cards[]': { category: 'body', around: 'text' } } as const;
    const entry = { numbers: ['from'], fields };
    const message = { text: 'x', cards: [`Jo ${JO}`, `Al ${AL}`] };
    expect(outcomeOf({ from: AL, message }, entry)).toEqual({
      ...{ from: AL, message: { text: 'x', cards: ['[REDACTED]', `Al ${AL}`] } },
    });
    expect(outcomeOf({ from: JO, message }, entry)).toEqual({
      ...{ from: MASK, message: { text: '[REDACTED]', cards: ['[REDACTED]', '[REDACTED]'] } },
    });
  });

  it('a field wherever its name stands: in arrays, in JSON, and not in a record that is somebody else’s', () => {
    const fields = { caption: { category: 'body', anywhere: true } } as const;
    const record = {
      to: JO,
      caption: 'a',
      parts: [{ media: { caption: 'b', id: 1 } }, [{ caption: ['c'] }]],
      raw: JSON.stringify({ deep: { caption: 'd', kind: 'image' } }),
      captions: 'stays',
    };
    const erased = {
      ...{ to: MASK, caption: '[REDACTED]', captions: 'stays' },
      parts: [{ media: { caption: '[REDACTED]', id: 1 } }, [{ caption: ['[REDACTED]'] }]],
      raw: JSON.stringify({ deep: { caption: '[REDACTED]', kind: 'image' } }),
    };
    expect(outcomeOf(record, { numbers: ['to'], fields })).toEqual(erased);
    // Elements are the records of a profile that deletes them; where it keeps them, the record is theirs as a whole.
    expect(outcomeOf(record, { numbers: ['to'], elements: 'parts[]', fields })).toEqual(erased);
    const kin = { fate: 'delete' as const, numbers: ['phone', 'kin[].phone'], fields };
    const theirs = { phone: AL, kin: [{ phone: JO }], note: { caption: 'Al’s' } };
    expect(outcomeOf(theirs, kin)).toEqual({ ...theirs, kin: [{ phone: MASK }] });
  });

  it.each([
    ['an object', { [JO]: 'x', [AL]: 'y', kind: 'z' }],
    ['an object in a list', [{ name: 'x' }, { [`${JO}@c.us`]: 'x' }]],
    ['base64', { kind: { [Buffer.from(`tel ${JO} `).toString('base64')]: 'x' } }],
  ])('a number among the keys of a field that goes goes with it: %s', (_what, body) => {
    const entry = { numbers: ['to'], fields: { body: 'body' as const } };
    const left = outcomeOf({ to: JO, body }, entry);
    expect(JSON.stringify(left)).not.toMatch(/7700|@c\.us|[A-Za-z0-9+/]{20}/);
    expect(outcomeOf(left as Record<string, unknown>, entry)).toEqual(left);
  });

  it('a text whose mentions alone are masked', () => {
    const entry = { numbers: ['to'], fields: { error: { category: 'note', maskInText: true } } as const };
    expect(outcomeOf({ to: JO, error: `No route to +${JO} via +${AL}` }, entry)).toEqual({
      to: MASK,
      error: `No route to ${MASK} via +${AL}`,
    });
  });

  const LIST = `name;phone;note\n"Jo, Dr";07700 900 123;"tall\n6'2"\nAl;+${AL};5'\n`;
  const REST = `name;phone;note\nAl;+${AL};5'\n`;
  const NOTE = `Al met Jo Quill, ${JO}`;
  it.each<[string, 'line' | 'text', unknown, unknown]>([
    ['the lines of a list', 'line', LIST, REST],
    ['the last line, and lines of other systems', 'line', `Al ${AL}\r\nJo +${JO}`, `Al ${AL}\r\n`],
    ['each of several lines', 'line', `${JO}\n${JO}\nAl\n${JO}\n`, 'Al\n'],
    ['a line with quotes in quotes', 'line', `"Dr ""Jo""\nQuill";${JO}\nAl\n`, 'Al\n'],
    ['lines with a quote that is never closed', 'line', `"Al\nJo ${JO}\nBo`, '"Al\nBo'],
    ['lines of a text in a list', 'line', [`Jo ${JO}\nAl`, 'Bo'], ['Al', 'Bo']],
    ['all where there are no lines', 'line', { [JO]: 'Jo' }, {}],
    ['all of what is encoded', 'line', Buffer.from(LIST).toString('base64'), null],
    ['the whole text', 'text', NOTE, null],
    ['a whole object', 'text', { by: 'Jo', to: [{ phone: JO }] }, {}],
    ['what is in JSON', 'text', `{"by":"Jo","to":"+${JO}"}`, null],
    ['nothing where nobody is mentioned', 'text', `Al met Bo, +${AL}`, `Al met Bo, +${AL}`],
  ])('what stands around a mention: %s', (_what, around, note, after) => {
    const entry = { numbers: ['to'], fields: { note: { category: 'note', around } } as const };
    expect(outcomeOf({ to: AL, note }, entry)).toEqual({ to: AL, note: after });
  });

  it('a name goes with the number in its own object, and stays with somebody else’s', () => {
    const fields = { 'from.name': 'name', 'to.name': 'name', 'to.text': 'body', body: 'body' } as const;
    const call = { from: { number: AL, name: 'Al' }, to: { number: JO, name: 'Jo', text: 'hi' }, body: 'hi' };
    const entry = { numbers: ['from.number', 'to.number'], fields };
    expect(outcomeOf(call, entry)).toEqual({
      ...{ from: { number: AL, name: 'Al' }, to: { number: MASK, name: null, text: '[REDACTED]' }, body: '[REDACTED]' },
    });
    const back = { from: { number: JO, name: 'Jo' }, to: { number: AL, name: 'Al', text: 'hi' }, body: 'hi' };
    expect(outcomeOf(back, entry)).toEqual({
      ...{ from: { number: MASK, name: null }, to: { number: AL, name: 'Al', text: '[REDACTED]' }, body: '[REDACTED]' },
    });
    // A name without a number of its own is the person's.
    const alone = { from: { name: 'Jo' }, to: { number: JO, name: 'Jo' } };
    expect(outcomeOf(alone, entry)).toEqual({ from: { name: null }, to: { number: MASK, name: null } });
  });

  it('what stands beside somebody else’s number in an object goes with that number alone', () => {
    const fields = { name: 'name', 'kin.name': 'name', gift: 'custom' } as const;
    const numbers = ['phone', { path: 'kin.phone', own: false }, { path: 'gift.phone', own: false }];
    const entry = { fate: 'delete' as const, numbers, fields };
    const record = { phone: AL, name: 'Al', kin: { phone: JO, name: 'Jo' }, gift: { phone: JO, to: 'Jo' } };
    expect(outcomeOf(record, entry)).toEqual({ phone: AL, name: 'Al', kin: { phone: MASK, name: null }, gift: {} });
    const order = { phone: JO, name: 'Jo', kin: { phone: AL, name: 'Al' }, gift: { phone: AL, to: 'Al' } };
    expect(outcomeOf(order, { ...entry, fate: 'keep' })).toEqual({
      ...{ phone: MASK, name: null, kin: { phone: AL, name: 'Al' }, gift: { phone: AL, to: 'Al' } },
    });
  });

  it('a field that holds the number goes with it as a whole; of a list, the person’s element', () => {
    const fields = { lead: 'custom', members: 'custom' } as const;
    const record = { lead: { name: 'Jo', phone: JO }, members: [{ phone: AL }, { name: 'Jo', phone: JO }] };
    expect(outcomeOf(record, { numbers: ['lead.phone', 'members[].phone'], fields })).toEqual({
      lead: {},
      members: [{ phone: AL }, {}],
    });
    expect(outcomeOf({ lead: { name: 'Al', phone: AL }, by: JO }, { numbers: ['lead.phone'], fields })).toEqual({
      ...{ lead: { name: 'Al', phone: AL }, by: MASK },
    });
  });

  it('what stands around a mention wherever a field of the name is', () => {
    const fields = { context: { category: 'body', anywhere: true, around: 'text' } } as const;
    const record = { from: AL, image: { caption: 'Al’s', context: { by: `${JO}@c.us`, quoted: { text: 'Jo’s' } } } };
    const after = {
      from: AL,
      image: { caption: 'Al’s', context: { by: '[REDACTED]', quoted: { text: '[REDACTED]' } } },
    };
    expect(outcomeOf(record, { numbers: ['from'], fields })).toEqual(after);
  });

  it('the row that mentions the number, and no other', () => {
    const fields = { 'rows[]': { category: 'form', around: 'text' } } as const;
    const rows = [['Jo', `+${JO}`], ['Al', `+${AL}`], `Jo ${JO}`];
    const after = [[], ['Al', `+${AL}`], null];
    expect(outcomeOf({ rows }, { numbers: [], fields })).toEqual({ rows: after });
    expect(outcomeOf({ by: JO, rows }, { numbers: ['by'], fields })).toEqual({ by: MASK, rows: after });
  });
});

describe('keys', () => {
  it('are renamed in their place, and collide with nothing', () => {
    const before = { unread: { a: 1, [JO]: 3, [AL]: 1, [`+${JO}`]: 4, [MASK]: 0 } };
    const { after: doc, renamed, found } = run(before, rulesOf([{ numbers: ['unread.{key}'] }]));
    expect(Object.entries(doc.unread as object)).toEqual([
      ['a', 1],
      [`${MASK}-2`, 3],
      [AL, 1],
      [`${MASK}-3`, 4],
      [MASK, 0],
    ]);
    expect(renamed.map(({ path, to, before }) => [path.at(-1), to, before])).toEqual([
      [JO, `${MASK}-2`, 3],
      [`+${JO}`, `${MASK}-3`, 4],
    ]);
    expect(found).toMatchObject([{ number: JO, path: 'unread.{key}', as: 'mapped', name: 'records' }]);
  });

  it("take the value under them along where the map names it, and nobody else's", () => {
    const entry = { numbers: ['names.{key}'], fields: { 'names.{key}': 'name' as const } };
    expect(outcomeOf({ names: { [JO]: 'Jo', [AL]: 'Al', total: 2 } }, entry)).toEqual({
      names: { [MASK]: null, [AL]: 'Al', total: 2 },
    });
    const texts = { numbers: ['texts.{key}'], fields: { 'texts.{key}': 'body' as const } };
    expect(outcomeOf({ texts: { [JO]: ['a', 'b'], [AL]: ['c'] } }, texts)).toEqual({
      texts: { [MASK]: ['[REDACTED]', '[REDACTED]'], [AL]: ['c'] },
    });
  });

  it('go where the number goes, and where the record goes', () => {
    const entry = { numbers: [{ path: 'unread.{key}', strategy: 'clear' as const }] };
    expect(outcomeOf({ unread: { [JO]: 3, [AL]: 1 } }, entry)).toEqual({ unread: { [AL]: 1 } });
    expect(
      outcomeOf({ p: { [JO]: { n: 'Jo' }, [AL]: {} } }, { fate: 'delete', elements: 'p.{key}', numbers: ['p.{key}'] }),
    ).toEqual({ p: { [AL]: {} } });
  });

  it('name the person whose fields lie under them', () => {
    const entry = { numbers: ['people.{key}', 'people.{key}.spare'], fields: { 'people.{key}.name': 'name' } as const };
    expect(outcomeOf({ people: { [JO]: { name: 'Jo', spare: JO }, [AL]: { name: 'Al' } } }, entry)).toEqual({
      people: { [MASK]: { name: null, spare: MASK }, [AL]: { name: 'Al' } },
    });
  });

  it('with dots and dollars are renamed wherever they stand', () => {
    expect(
      outcomeOf({ a: { [`${JO}@c.us`]: 1, [`$${JO}`]: 2, [`x.${AL}`]: 3 }, [JO]: 4 }, { numbers: ['to'] }),
    ).toEqual({
      a: { [`${MASK}@c.us`]: 1, [`$${MASK}`]: 2, [`x.${AL}`]: 3 },
      [MASK]: 4,
    });
  });
});

describe('what the map does not name', () => {
  const text = { numbers: ['to'], fields: { body: 'body' } as const };

  it('is masked digit by digit, and the rest of a message stays', () => {
    expect(
      outcomeOf(
        {
          to: AL,
          body: 'call Jo on 07700 900123 or 07700 900456',
          ref: JO,
          n: 447700900123,
          deep: [[{ x: `tel:+${JO}` }]],
        },
        text,
      ),
    ).toEqual({
      to: AL,
      body: `call Jo on ${MASK} or 07700 900456`,
      ref: MASK,
      n: null,
      deep: [[{ x: `tel:${MASK}` }]],
    });
  });

  it("is the person's where the record is theirs", () => {
    expect(outcomeOf({ to: JO, body: 'x', log: `sent to ${JO}` }, text)).toEqual({
      to: MASK,
      body: '[REDACTED]',
      log: `sent to ${MASK}`,
    });
  });

  it('fails where the map says so, but not in a field the map names', () => {
    const result = run({ to: AL, body: `on ${JO}`, ref: JO, k: { [JO]: 1 } }, rulesOf([text], { unmapped: 'fail' }));
    expect(result.after).toEqual({ to: AL, body: `on ${MASK}`, ref: JO, k: { [JO]: 1 } });
    expect(result.failures).toEqual([
      { number: JO, path: 'ref', why: 'unmapped_number' },
      { number: JO, path: 'k.{key}', why: 'unmapped_number' },
    ]);
  });

  it('bytes keep their length, and their subtype', () => {
    const bytes = new Binary(Buffer.from(`\xff\0+${JO}\x01`, 'latin1'), 128);
    const expected = new Binary(Buffer.from(`\xff\0+${'*'.repeat(12)}\x01`, 'latin1'), 128);
    expect(outcomeOf({ to: AL, bytes }, text)).toEqual({ to: AL, bytes: expected });
    const uuid = new mongoose.mongo.UUID();
    expect(run({ to: AL, uuid }, rulesOf([text])).fate).toBe('unchanged');
  });

  it('is reported without anybody’s data in its path', () => {
    const encoded = Buffer.from(`id:${JO}`).toString('base64');
    const { found } = run(
      { 'jo@mail.example': { [AL]: { n: JO } }, [encoded]: 1, [`x${AL}`]: [[JO]] },
      rulesOf([text]),
    );
    expect(found.map(({ path }) => path)).toEqual(['{key}.{key}.n', '{key}', '{key}[][]']);
  });

  it('is told apart by how it was found', () => {
    const encoded = Buffer.from(`to=${JO}`).toString('base64');
    const { found } = run(
      { a: JO, b: `x ${JO} y`, [JO]: 1, c: `{"d":["${JO}"]}`, e: encoded, body: JO, to: JO },
      rulesOf([text]),
    );
    expect(found.map(({ path, as }) => [path, as])).toEqual([
      ['a', 'unmapped'],
      ['b', 'text'],
      ['{key}', 'key'],
      ['c.d[]', 'json'],
      ['e', 'base64'],
      ['body', 'text'],
      ['to', 'mapped'],
    ]);
  });
});

describe('what is told of a find', () => {
  const place = { path: 'to', as: 'mapped', name: 'sms', own: true };
  const sms = (strategy: 'mask' | 'token' | 'clear', more: object = {}) =>
    rulesOf([
      {
        name: 'sms',
        numbers: ['to', 'from', 'kin[].n', 'p.{key}'].map((path) => ({ path, strategy, own: !path.includes('[]') })),
        ...more,
      },
    ]);

  it('is all of it', () => {
    const { found } = run({ to: JO, kin: [{ n: JO }, { n: AL }], ref: AL, [JO]: 1 }, sms('mask'), [JO, AL]);
    expect(found).toEqual([
      { ...place, number: JO },
      { ...place, number: JO, path: 'kin[].n', own: false },
      { ...place, number: AL, path: 'kin[].n', own: false },
      { number: AL, path: 'ref', as: 'unmapped', name: 'sms' },
      { number: JO, path: '{key}', as: 'key', name: 'sms' },
    ]);
    const none = rulesOf([{ name: 'calls', numbers: ['to'], matches: () => false }]);
    expect(run({ ref: JO }, none).found).toEqual([{ number: JO, path: 'ref', as: 'unmapped', name: 'records' }]);
  });

  it.each([
    ['mask', MASK],
    ['token', 'token-of-123'],
  ] as const)('that it was found at another place before, by what %s left there', (strategy, word) => {
    const again = (record: object) =>
      run({ to: JO, ...record }, sms(strategy)).found.map((find) => find.again ?? false);
    expect(run({ to: JO, from: word }, sms(strategy)).found).toEqual([{ ...place, number: JO, again: true }]);
    expect(again({ kin: [{ n: AL }, { n: word }] })).toEqual([true]);
    expect(again({ p: { [word]: 1 } })).toEqual([false]);
    expect(again({ from: '44********99', other: word })).toEqual([false]);
    expect(again({ from: JO, kin: [{ n: word }] })).toEqual([true, true]);
  });

  it('and not by a word that anybody may have left', () => {
    for (const left of [null, MASK, 'token-of-123'])
      expect(run({ to: JO, from: left }, sms('clear')).found).toEqual([{ ...place, number: JO }]);
    expect(run({ to: JO, from: MASK }, sms('token')).found).toEqual([{ ...place, number: JO }]);
    expect(run({ to: JO, from: 'token-of-123' }, sms('mask')).found).toEqual([{ ...place, number: JO }]);
  });

  it('and of nobody who may be meant only', () => {
    const { found, failures } = run({ to: JO, note: '4.47701E+11' }, sms('mask'));
    expect(found).toEqual([{ ...place, number: JO }]);
    expect(failures).toEqual([{ number: JO, path: 'note', why: 'ambiguous_number' }]);
  });
});

describe('failures', () => {
  const contact = { numbers: ['phone'] };

  it('none in what goes anyway, and none where a field is named wherever it stands', () => {
    const { failures } = run({ phone: JO, note: new RegExp(JO) }, rulesOf([{ ...contact, fields: { note: 'body' } }]));
    expect(failures).toEqual([]);
    const anywhere = rulesOf([{ ...contact, fields: { note: { category: 'body', anywhere: true } } }], {
      unmapped: 'fail',
    });
    expect(run({ phone: AL, note: `met ${JO}` }, anywhere)).toMatchObject({
      after: { note: `met ${MASK}` },
      failures: [],
    });
    expect(run({ phone: AL, other: `met ${JO}` }, anywhere).failures).toMatchObject([{ why: 'unmapped_number' }]);
  });

  it('a number whose subject nobody has told', () => {
    const matcher = createNumberMatcher([JO], ['GB']);
    expect(() => rewrite({ phone: JO }, rulesOf([contact]), new Map(), matcher, NOW)).toThrow('nobody looks for');
  });

  it('a number in the _id of a record that is kept', () => {
    expect(run({ _id: `${JO}:1`, phone: JO }, rulesOf([contact]))).toMatchObject({
      fate: 'changed',
      after: { _id: `${JO}:1`, phone: MASK },
      failures: [{ number: JO, path: '_id', why: 'number_in_id' }],
    });
    expect(run({ _id: { n: JO } }, rulesOf([{ fate: 'delete', numbers: ['_id.n'] }])).fate).toBe('deleted');
  });

  it('a field that must stay', () => {
    const rules = rulesOf([contact], { fixed: [readPath('owner')] });
    expect(run({ owner: JO, phone: AL }, rules)).toMatchObject({
      fate: 'unchanged',
      failures: [{ path: 'owner', why: 'number_in_id' }],
    });
  });

  it.each([
    ['a regular expression', new RegExp(JO)],
    ['code', new Code(`to('${JO}')`)],
    ["code's scope", new Code('to(n)', { n: JO })],
    ['a scope of any depth', new Code('to(n)', { n: [{ [JO]: 1 }] })],
    ['a reference', new DBRef('people', JO as never)],
    ["a reference's fields", new DBRef('people', new ObjectId(), undefined, { who: { phone: JO } })],
  ])('what no mask can be written into: %s', (_name, odd) => {
    expect(run({ phone: AL, odd }, rulesOf([contact]))).toMatchObject({
      fate: 'unchanged',
      failures: [{ number: JO, path: 'odd', why: 'unsupported_type' }],
    });
  });

  it('a recording that cannot be read leaves the record as it is', () => {
    const entry = { numbers: ['phone'], fields: { rec: 'recording' } as const };
    expect(run({ phone: JO, rec: { url: 'a.mp3' } }, rulesOf([entry]))).toMatchObject({
      fate: 'unchanged',
      failures: [{ path: 'rec', why: 'unsupported_type' }],
    });
    const gone = run({ phone: JO, rec: [{ url: 'a.mp3' }, 7] }, rulesOf([{ ...entry, fate: 'delete' }]));
    expect(gone).toMatchObject({
      ...{ fate: 'unchanged', found: [], files: [] },
      failures: [{ number: JO, path: 'rec', why: 'unsupported_type' }],
    });
  });
});

describe('recordings', () => {
  const calls = {
    name: 'calls',
    numbers: ['legs[].from'],
    fields: { 'legs[].rec': 'recording', rec: 'recording' } as const,
  };

  it('of the person alone go', () => {
    const before = {
      rec: '',
      legs: [
        { from: JO, rec: ['a.mp3', 'b.mp3'] },
        { from: AL, rec: 'al.mp3' },
      ],
    };
    const result = run(before, rulesOf([calls]));
    expect(result.files).toEqual([
      { where: 'calls.legs[].rec', reference: 'a.mp3' },
      { where: 'calls.legs[].rec', reference: 'b.mp3' },
    ]);
    expect(result.after).toEqual({
      rec: '',
      legs: [
        { from: MASK, rec: [] },
        { from: AL, rec: 'al.mp3' },
      ],
    });
  });

  it('go with an element and with a record', () => {
    const entry = { ...calls, fate: 'delete' as const };
    const record = {
      rec: 'r.mp3',
      legs: [
        { from: JO, rec: 'a.mp3' },
        { from: AL, rec: 'al.mp3' },
        { from: JO, rec: '[REDACTED]' },
      ],
    };
    expect(run(record, rulesOf([{ ...entry, elements: 'legs[]' }])).files).toEqual([
      { where: 'calls.legs[].rec', reference: 'a.mp3' },
    ]);
    expect(run(record, rulesOf([entry])).files.map(({ reference }) => reference)).toEqual(['a.mp3', 'al.mp3', 'r.mp3']);
  });

  it.each([[null], [''], ['[REDACTED]'], [[]], [[null]]])('are none for %j', (rec) => {
    const entry = { numbers: ['phone'], fields: { rec: 'recording' } as const };
    for (const fate of ['keep', 'delete'] as const)
      expect(run({ phone: JO, rec }, rulesOf([{ ...entry, fate }]))).toMatchObject({ files: [], failures: [] });
  });

  it('are none where the strategy has written its word before, and go where the profile keeps their field', () => {
    const entry = (strategy: 'keep' | { replace: string }) => ({
      ...{ fate: 'delete' as const, numbers: ['phone'] },
      fields: { rec: { category: 'recording', strategy } } as const,
    });
    const files = (rec: unknown, strategy: 'keep' | { replace: string }) =>
      run({ phone: JO, rec }, rulesOf([entry(strategy)])).files;
    const file = (reference: string) => [{ where: 'records.rec', reference }];
    expect(files('gone', { replace: 'gone' })).toEqual([]);
    expect(files('a.mp3', { replace: 'gone' })).toEqual(file('a.mp3'));
    expect(files('a.mp3', 'keep')).toEqual(file('a.mp3'));
    expect(files(['a.mp3', ['a.mp3']], 'keep')).toEqual(file('a.mp3'));
  });

  it('that are called by the number go', () => {
    const result = run({ rec: `https://x/${JO}.mp3`, legs: [] }, rulesOf([calls]));
    expect(result).toMatchObject({ after: { rec: null }, files: [{ reference: `https://x/${JO}.mp3` }] });
  });
});

describe('records that stay as they are', () => {
  it.each([
    ['another account’s', rulesOf([{ numbers: ['to'] }], { belongs: ({ acc }) => acc === 'a' })],
    ['a suppression of an earlier erasure', rulesOf([{ suppression: true, fate: 'delete', numbers: ['to'] }])],
  ])('%s', (_, rules) => {
    expect(run({ acc: 'b', token: TOKEN, to: JO }, rules)).toMatchObject({
      fate: 'unchanged',
      found: [],
      failures: [],
      waiting: [],
    });
  });

  it.each([[null], ['session-7'], [[TOKEN]], [{ token: TOKEN }], [`${TOKEN}!`]])(
    'the platform’s own suppression goes, whatever it holds as a token: %j',
    (token) => {
      const list = rulesOf([{ suppression: true, fate: 'delete', numbers: ['to'] }]);
      expect(run({ token, to: JO }, list).fate).toBe('deleted');
      // Only a list of suppressions has rows of Lethe's own.
      expect(run({ token: TOKEN, to: JO }, rulesOf([{ fate: 'delete', numbers: ['to'] }])).fate).toBe('deleted');
    },
  );

  it('one still to be sent, which has to be waited for', () => {
    const rules = rulesOf([{ numbers: ['to'], scheduled: ({ status }) => status === 'queued' }]);
    expect(run({ status: 'queued', to: JO }, rules)).toMatchObject({ fate: 'unchanged', waiting: [JO], found: [] });
    expect(run({ status: 'sent', to: JO }, rules)).toMatchObject({ fate: 'changed', waiting: [] });
  });

  it('a record without the number', () => {
    expect(run({ to: AL, n: 447700900456, k: { [AL]: `${AL}` } }, rulesOf([{ numbers: ['to'] }]))).toMatchObject({
      fate: 'unchanged',
      found: [],
    });
  });
});

it('a document of 90,000 elements is read once, not once for each of them', () => {
  const entry = {
    elements: 'contacts[]',
    numbers: ['contacts[].number'],
    fields: { 'contacts[].name': 'name', note: 'note' } as const,
  };
  const list = (theirs: (index: number) => boolean) => ({
    note: 'n',
    contacts: Array.from({ length: 90_000 }, (_, index) => ({ number: theirs(index) ? JO : AL, name: 'x' })),
  });
  expect(
    run(
      list((index) => index % 30_000 === 7),
      rulesOf([{ ...entry, fate: 'delete' }]),
    ).pulled,
  ).toHaveLength(3);
  expect(
    run(
      list((index) => index % 90 === 0),
      rulesOf([entry]),
    ).edits,
  ).toHaveLength(2_001);
}, 30_000);

describe('a field at the path of a number', () => {
  const entry = { numbers: ['raw', 'to'], fields: { raw: 'body' as const, note: 'note' as const } };
  const csv = `name,phone\nJo Bloggs,+${JO}\nAl,+${AL}\n`;

  it.each([
    ['a text around it', `From=%2B${JO}&Body=a+long+and+winding+text+with+more+letters+than+an+address+has`],
    ['a list in base64', Buffer.from(csv).toString('base64')],
    ['the number alone', `+${JO}`],
  ])('takes %s with it, and the fields beside it', (_what, raw) => {
    expect(outcomeOf({ raw, note: 'n' }, entry)).toEqual({ raw: '[REDACTED]', note: null });
  });

  it('is left where the number stands elsewhere in nothing of the kind', () => {
    expect(outcomeOf({ raw: `+${AL}`, other: `call +${JO}` }, entry)).toEqual({
      raw: `+${AL}`,
      other: `call ${MASK}`,
    });
  });

  it('deletes no contact for a number in base64', () => {
    const contact = { fate: 'delete' as const, numbers: ['raw'], fields: { raw: 'body' as const } };
    expect(outcomeOf({ raw: Buffer.from(csv).toString('base64') }, contact)).toEqual({ raw: '[REDACTED]' });
  });
});
