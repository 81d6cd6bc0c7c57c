import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { forget, untilCompleted } from '../../support/forget.ts';
import { writeMap } from '../../support/map-file.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { call } from '../../support/wire.ts';

const { DBRef, Long, ObjectId } = mongoose.mongo;
const { EJSON } = mongoose.mongo.BSON;
const JO = '447700900123';
const AL = '447700900456';
const MASK = '44********23';
const OWNER = new ObjectId();

const MAP = `version: 2
countries: [GB]
account: { path: acc, types: [objectid, string] }
ignore: [ { collection: sessions, reason: no personal data } ]
collections:
  - { collection: blacklist, account: acc, record: suppression, numbers: [number] }
  - { collection: contacts, record: contact, numbers: [phone] }
  - collection: threads
    record: chat
    via: { collection: contacts, key: _id, field: who }
    fields: [ { path: title, category: name } ]
  - { collection: notes, record: message, via: { collection: threads, key: _id, field: thread }, fields: [ { path: text, category: body } ] }
  - { collection: logins, record: other, via: { collection: contacts, key: _id, field: pointer, form: "_User\${key}" }, fields: [ { path: by, category: name } ] }
  - { collection: orders, record: message, via: { collection: contacts, key: _id, field: who.$id }, fields: [ { path: memo, category: body } ] }
  - { collection: lists, record: form, fields: [ { path: csv, category: form, around: line } ] }
  - { collection: memos, record: other, fields: [ { path: text, category: note, around: text } ] }
  - collection: hooks
    record: message
    numbers: [ { path: From, forms: [twilio] }, WaId, { path: key.jid, forms: [whatsapp] }, { path: Caller, forms: [sip] } ]
    fields: [ { path: Body, category: body } ]
  - collection: rooms
    record: chat
    numbers: [ phone ]
    fields:
      - { path: last, category: transcript, type: object }
      - { path: parts, category: transcript, type: list }
      - { path: tags, category: note, type: list }
      - { path: score, category: other }
      - { path: secret, category: body }
      - { path: body, category: body }
  - collection: bulk
    record: message
    numbers: [ "to[].number" ]
    fields: [ { path: text, category: body, only_if_alone: true }, { path: "to[].name", category: name } ]
  - collection: people
    record: contact
    numbers: [ phone, "emergency[].phone" ]
    fields: [ { path: name, category: name }, { path: "emergency[].name", category: name } ]
  - { collection: mixed, record: message, numbers: [ to, "to[]", "to[].phone" ], fields: [ { path: text, category: body } ] }
  - collection: keys
    record: other
    numbers: [ agent, "unread.{key}", "names.{key}" ]
    fields: [ { path: "names.{key}", category: name } ]
  - { collection: raws, record: message, json: [ { path: raw, numbers: [ from ], fields: [ { path: text, category: body } ] } ] }
  - { collection: batches, record: message, numbers: [ preview ] }
  - collection: calls
    record: call
    numbers: [ from, to ]
    direction: { path: way, outbound: out, inbound: in }
    own_number: { inbound: to, outbound: from }
  - { collection: scripts, record: other, via: { collection: calls, key: _id, field: call }, fields: [ { path: text, category: transcript } ] }
  - { collection: inbox, record: chat, numbers: [ contactNumber ], fields: [ { path: "messages[].body", category: body, all: true } ] }
  - { collection: seen, record: contact, numbers: [ _id ] }
  - { collection: cases, record: chat, numbers: [lead.phone, "members[].phone"], fields: [ { path: lead, category: custom }, { path: members, category: custom } ] }
  - { collection: talks, record: message, numbers: [from.number, to.number], fields: [ { path: from.name, category: name }, { path: to.name, category: name }, { path: body, category: body } ] }
  - { collection: clients, record: contact, numbers: [ phone, { path: kin.phone, own: false } ], fields: [ { path: kin.name, category: name } ] }
  - { collection: signals, record: contact, numbers: [ { path: _id, forms: ["sender-key-*--{number}--*"] } ] }
  - { collection: optouts, record: contact, numbers: [ { path: _id, forms: ["sha256({+number})"] } ] }
  - { collection: clients_of, record: contact, numbers: [ phone ] }
  - { collection: clients_of, name: by_contact, record: contact, via: { collection: contacts, key: _id, field: who } }
  - { collection: bills, record: other, via: { collection: by_contact, key: _id, field: thread }, fields: [ { path: to, category: name } ] }
  - { collection: uploads, record: form, numbers: [ content ], fields: [ { path: content, category: form } ] }
  - { collection: sheets, record: other, numbers: [ "Phone Number" ], fields: [ { path: "First Name", category: name } ] }
  - { collection: "messages_{account}", name: own_messages, record: message, numbers: [ to ] }
  - { collection: "users_{account}", name: own_users, account: none, record: contact, numbers: [ phone ] }
  - collection: "moves_{account}"
    name: own_moves
    account: none
    record: other
    via: { collection: own_users, key: _id, field: who }
    fields: [ { path: "steps[].seen.by", category: name } ]
  - { collection: logs, record: other, fields: [ { path: line, category: other, mask_in_text: true } ] }
  - { collection: codes, account: any, record: other, numbers: [ phone ], fields: [ { path: name, category: name } ] }
  - { collection: tickets, record: form, numbers: [ phone ], fields: [ { path: message, category: body } ] }
  - collection: tickets
    name: tickets_of_nobody
    account: any
    where: { acc: null }
    record: form
    numbers: [ phone ]
    fields: [ { path: message, category: body } ]
`;

const [CONTACT, CLIENT, THREAD, CALL] = [new ObjectId(), new ObjectId(), new ObjectId(), new ObjectId()];
const csv = (number: string) => Buffer.from(`name,phone\nJo,+${number}\nAl,+${AL}\n`).toString('base64');
/** As a short message on its way holds it: two digits an octet, the second first. */
const SWAPPED = JO.replace(/(.)(.)/g, '$2$1');
const messageId = (number: string) =>
  `wamid.${Buffer.from(`\x1c\x18\x0c${number}\x15\x02\x00`, 'latin1').toString('base64')}`;

/** What platforms hold of a person, and what is left of it; null: nothing. */
const ROWS: [string, string, object, object | null][] = [
  ['a contact', 'contacts', { _id: CONTACT, phone: `+${JO}` }, null],
  [
    'what knows the contact by its id',
    'threads',
    { _id: THREAD, who: CONTACT, title: 'Jo' },
    { who: CONTACT, title: null },
  ],
  [
    'what knows the contact by its id, and has the number',
    'clients_of',
    { _id: CLIENT, who: CONTACT, phone: JO },
    null,
  ],
  ['what knows that as known by the contact', 'bills', { thread: CLIENT, to: 'Jo' }, { thread: CLIENT, to: null }],
  ['what knows that by its id', 'notes', { thread: THREAD, text: 'Hi Jo' }, { thread: THREAD, text: '[REDACTED]' }],
  [
    'what knows the contact by a pointer',
    'logins',
    { pointer: `_User$${CONTACT}`, by: 'Jo' },
    { pointer: `_User$${CONTACT}`, by: null },
  ],
  [
    'what knows the contact by a reference of MongoDB’s own',
    'orders',
    { who: new DBRef('contacts', CONTACT), memo: 'For Jo' },
    { who: new DBRef('contacts', CONTACT), memo: '[REDACTED]' },
  ],
  [
    'a line of an uploaded list',
    'lists',
    { csv: `name;phone\nJo Q;07700 900123\nAl;+${AL}\n` },
    { csv: `name;phone\nAl;+${AL}\n` },
  ],
  [
    'a short message as it came, and its bytes',
    'logs',
    { line: `AT+CMGR: 0791447758100650040C91${SWAPPED}0000`, bytes: [...Buffer.from(JO)] },
    { line: 'AT+CMGR: 0791447758100650040C91AAAAAAAAAAAA0000', bytes: Array(JO.length).fill(0x2a) },
  ],
  ['a note that holds a short message as it came', 'memos', { text: `0C91${SWAPPED}` }, { text: null }],
  ['a note that names the person', 'memos', { text: `Al met Jo, ${JO}` }, { text: null }],
  [
    'a channel before the number',
    'hooks',
    { From: `whatsapp:+${JO}`, WaId: JO, Body: 'Hi' },
    { From: MASK, WaId: MASK, Body: '[REDACTED]' },
  ],
  ['a channel and nothing else', 'hooks', { From: `whatsapp:+${JO}`, Body: 'Hi' }, { From: MASK, Body: '[REDACTED]' }],
  [
    'an address of a chat',
    'hooks',
    { key: { jid: `${JO}:12@s.whatsapp.net` }, Body: 'Hi' },
    { key: { jid: MASK }, Body: '[REDACTED]' },
  ],
  ['an address of a call', 'hooks', { Caller: `sip:${JO}@acme.example`, Body: '' }, { Caller: MASK, Body: '' }],
  [
    'an id that spells the number',
    'hooks',
    { From: JO, id: messageId(JO) },
    { From: MASK, id: messageId('************') },
  ],
  [
    'a call with the account’s own number',
    'calls',
    { _id: CALL, way: 'in', from: JO, to: '447700900999' },
    { way: 'in', from: MASK, to: '447700900999' },
  ],
  ['what knows the call by its id', 'scripts', { call: CALL, text: 'Hi' }, { call: CALL, text: '[REDACTED]' }],
  ['an object', 'rooms', { phone: JO, last: { msg: 'Hi', u: { name: 'Jo' } } }, { phone: MASK, last: {} }],
  ['a list of objects', 'rooms', { phone: JO, parts: [{ text: 'Hi' }] }, { phone: MASK, parts: [] }],
  ['a list that is cleared', 'rooms', { phone: JO, tags: ['vip'] }, { phone: MASK, tags: [] }],
  ['numbers', 'rooms', { phone: Long.fromString(JO), score: 5 }, { phone: null, score: null }],
  ['fields that are not there', 'rooms', { phone: JO, body: 'Hi' }, { phone: MASK, body: '[REDACTED]' }],
  [
    'a text for several',
    'bulk',
    {
      to: [
        { number: JO, name: 'Jo' },
        { number: AL, name: 'Al' },
      ],
      text: 'Hi all',
    },
    {
      to: [
        { number: MASK, name: null },
        { number: AL, name: 'Al' },
      ],
      text: 'Hi all',
    },
  ],
  ['a text for one', 'bulk', { to: [{ number: JO }], text: 'Hi' }, { to: [{ number: MASK }], text: '[REDACTED]' }],
  [
    'somebody else’s contact',
    'people',
    { phone: AL, name: 'Al', emergency: [{ phone: JO, name: 'Jo' }] },
    { phone: AL, name: 'Al', emergency: [{ phone: MASK, name: null }] },
  ],
  ['a text where others have lists', 'mixed', { to: JO, text: 'Hi' }, { to: MASK, text: '[REDACTED]' }],
  ['a list where others have texts', 'mixed', { to: [AL, JO], text: 'Hi' }, { to: [AL, MASK], text: '[REDACTED]' }],
  [
    'a list of objects where others have texts',
    'mixed',
    { to: [{ phone: JO }], text: 'Hi' },
    { to: [{ phone: MASK }], text: '[REDACTED]' },
  ],
  [
    'keys',
    'keys',
    { agent: AL, unread: { [JO]: 3, [AL]: 1 }, names: { [JO]: 'Jo', [AL]: 'Al' } },
    { agent: AL, unread: { [MASK]: 3, [AL]: 1 }, names: { [MASK]: null, [AL]: 'Al' } },
  ],
  ['JSON', 'raws', { raw: `{"from":"${JO}","text":"Hi"}` }, { raw: `{"from":"${MASK}","text":"[REDACTED]"}` }],
  [
    'several numbers in a text',
    'batches',
    { preview: `+${AL}, +${JO}, and 3 others` },
    { preview: `+${AL}, ${MASK}, and 3 others` },
  ],
  [
    'texts in a list without a number',
    'inbox',
    {
      contactNumber: JO,
      messages: [
        { body: 'Hi', at: 1 },
        { body: 'Jo', at: 2 },
      ],
    },
    {
      contactNumber: MASK,
      messages: [
        { body: '[REDACTED]', at: 1 },
        { body: '[REDACTED]', at: 2 },
      ],
    },
  ],
  ['the _id', 'seen', { _id: JO, name: 'Jo' }, null],
  [
    'what the person’s number stands in',
    'cases',
    {
      lead: { name: 'Jo', phone: JO },
      members: [
        { name: 'Al', phone: AL },
        { name: 'Jo', phone: `+${JO}` },
      ],
    },
    { lead: {}, members: [{ name: 'Al', phone: AL }, {}] },
  ],
  [
    'names of both ends',
    'talks',
    { from: { number: AL, name: 'Al' }, to: { number: JO, name: 'Jo' }, body: 'Hi' },
    { from: { number: AL, name: 'Al' }, to: { number: MASK, name: null }, body: '[REDACTED]' },
  ],
  [
    'a name in somebody else’s contact',
    'clients',
    { phone: AL, name: 'Al', kin: { phone: JO, name: 'Jo' } },
    { phone: AL, name: 'Al', kin: { phone: MASK, name: null } },
  ],
  [
    'the _id, beside other digits',
    'signals',
    { _id: `sender-key-120363041234567890@g.us--${JO}--0`, value: 'x' },
    null,
  ],
  [
    'the digest of the number',
    'optouts',
    { _id: createHash('sha256').update(`+${JO}`).digest('hex'), name: 'Jo' },
    null,
  ],
  ['a file in base64', 'uploads', { content: csv(JO) }, { content: null }],
  [
    'names with spaces',
    'sheets',
    { 'Phone Number': '07700 900 123', 'First Name': 'Jo' },
    { 'Phone Number': MASK, 'First Name': null },
  ],
  [
    'a collection of the account’s own whose records do not name it',
    `users_${String(OWNER)}`,
    { _id: 7, phone: JO },
    null,
  ],
  [
    'and what belongs to it, with nothing on the way to a field',
    `moves_${String(OWNER)}`,
    { who: 7, steps: [{ seen: null }, { seen: { by: 'Jo' } }] },
    { who: 7, steps: [{ seen: null }, { seen: { by: null } }] },
  ],
  ['a collection of the account’s own', `messages_${String(OWNER)}`, { to: JO }, { to: MASK }],
  ['a line of a log', 'logs', { line: `GET /sms?search=%2B${JO}&n=5` }, { line: `GET /sms?search=%2B${MASK}&n=5` }],
  ['the account in another type', 'mixed', { acc: String(OWNER), to: JO }, { acc: String(OWNER), to: MASK }],
  [
    'a place the map does not name',
    'rooms',
    { phone: AL, note: 'call 07700 900123', meta: { by: [{ phone: JO }] } },
    { phone: AL, note: `call ${MASK}`, meta: { by: [{ phone: MASK }] } },
  ],
  ['a record of nobody', 'codes', { acc: undefined, phone: `+${JO}`, name: 'Jo' }, { phone: MASK, name: null }],
  [
    'nobody’s record among the account’s',
    'tickets',
    { acc: undefined, phone: '07700-900-1-2-3', message: 'Help' },
    { phone: '07700-900-1-2-3'.replace(/.*/, MASK), message: '[REDACTED]' },
  ],
  ['the account’s own beside it', 'tickets', { phone: JO, message: 'Help' }, { phone: MASK, message: '[REDACTED]' }],
];

describe('records as platforms have them', () => {
  let platform: Platform;
  let url: string;
  let removeMap: () => Promise<void>;
  let made: Awaited<ReturnType<Platform['account']>>;
  const inserted: { collection: string; ours: unknown; theirs: mongoose.mongo.Document | undefined }[] = [];

  beforeAll(async () => {
    const map = await writeMap(MAP);
    removeMap = map.remove;
    platform = await openPlatform('as-platforms', { DATA_MAP: map.file });
    ({ url } = await platform.startApi());
    await platform.startWorker();
    made = await platform.account({ recordsId: OWNER });
    const { db } = platform.core;
    for (const [, collection, row] of ROWS) {
      const isNobodys = 'acc' in row && row.acc === undefined;
      const ours = { acc: OWNER, ...row } as mongoose.mongo.Document;
      if (isNobodys) delete ours.acc;
      const { _id: _ours, ...rest } = ours;
      // What belongs to our contact is ours, and of nobody's records one is enough.
      const isTheirs =
        !/^(codes|users_)/.test(collection) &&
        !('who' in row) &&
        !('thread' in row) &&
        !('call' in row) &&
        !('pointer' in row);
      const theirs = isTheirs ? { _id: `theirs ${inserted.length}`, ...rest, acc: 'another' } : undefined;
      await db.collection(collection).insertOne(ours);
      if (theirs) await db.collection(collection).insertOne(theirs as never);
      inserted.push({ collection, ours: ours._id, theirs });
    }
    await untilCompleted(platform, await forget(url, made.key, { number: JO }));
  });
  afterAll(async () => {
    await platform?.close();
    await removeMap?.();
  });

  it.each(ROWS.map(([name, collection, , after], index) => [`${name} (${collection})`, index, after] as const))(
    '%s: what is left is nobody’s, or somebody else’s',
    async (_name, index, after) => {
      const { collection = '', ours, theirs } = inserted[index] ?? {};
      const records = platform.core.db.collection(collection);
      const { _id, acc, ...left }: mongoose.mongo.Document = (await records.findOne({ _id: ours as never })) ?? {};
      expect(after === null ? _id : left).toEqual(
        after === null ? undefined : Object.fromEntries(Object.entries(after).filter(([key]) => key !== 'acc')),
      );
      // Another account's person of the same number has asked for nothing.
      if (theirs) expect(EJSON.stringify(await records.findOne({ _id: theirs._id }))).toBe(EJSON.stringify(theirs));
      expect(String(acc ?? '')).toMatch(new RegExp(`^(|${String(OWNER)})$`));
    },
  );

  it('shows no account what is nobody’s', async () => {
    const other = await platform.account({ recordsId: 'third' });
    const { db } = platform.core;
    await db.collection('codes').insertOne({ phone: '447700900789', name: 'Cy' });
    await db.collection('tickets').insertOne({ phone: '447700900789', message: 'mine' });
    const access = await call(url, '/gdpr/access?number=447700900789', { key: other.key });
    expect(access.body).toMatchObject({ collections: {}, counts: {} });
    expect(access.body.searched).not.toContain('codes');
    await db.collection('users_third').insertOne({ phone: '447700900789' });
    await db.collection(`users_${String(OWNER)}`).insertOne({ phone: '447700900789' });
    await untilCompleted(platform, await forget(url, other.key, { number: '447700900789' }));
    // Where the account stands in the name, it says whose its records are.
    expect(await db.collection('users_third').countDocuments()).toBe(0);
    expect(await db.collection(`users_${String(OWNER)}`).countDocuments()).toBe(1);
    expect(await db.collection('codes').countDocuments({ name: 'Cy' })).toBe(0);
    expect(await db.collection('tickets').countDocuments({ message: 'mine' })).toBe(0);
  });
});
