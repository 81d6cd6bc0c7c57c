import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { mapAsJsonSchema } from '../../../../src/engine/map/json-schema.ts';
import { DataMapError, parseDataMap } from '../../../../src/engine/map/load.ts';
import { PRESETS, templateFault, withoutTemplate, writeTemplate } from '../../../../src/engine/map/templates.ts';

const HEAD = `version: 2
account: tenantId
collections:
  - { collection: blacklist, record: suppression, numbers: [number] }
`;

/** A map of one more entry, whose lines begin at 5. */
const entry = (lines: string) =>
  HEAD +
  lines
    .split('\n')
    .map((line, index) => `  ${index === 0 ? '- ' : '  '}${line}`)
    .join('\n');
const SMS = 'collection: sms\nrecord: message\n';
const TWO = 'collection: sms\nname: two\nrecord: message\n';
const entries = (...all: string[]) => HEAD + all.map((one) => entry(one).slice(HEAD.length)).join('\n');

function faultsOf(text: string): string[] {
  try {
    parseDataMap(text, 'map.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(DataMapError);
    return (error as DataMapError).message.split('\n');
  }
  return [];
}

const read = (text: string) => {
  const [, one] = parseDataMap(text, 'map.yaml').collections;
  if (!one) throw new Error('no entry');
  return one;
};

describe('a data map of version 2', () => {
  it('becomes the normal form, with the account of the whole map', () => {
    expect(read(entry(`${SMS}numbers: [to]`))).toMatchObject({
      owner: { kind: 'field', path: 'tenantId' },
      where: {},
      shared: 'fail',
      numbers: [{ path: 'to', templates: [], type: 'any' }],
      joined: [],
      scan: true,
      unmapped: 'mask',
      ambiguous: 'fail',
    });
  });

  it.each([
    ['none', 'account: none\nnumbers: [to]', { owner: { kind: 'none' } }],
    ['any', 'account: any\nnumbers: [to]', { owner: { kind: 'any' } }],
    [
      'none, which is none for records known by others',
      'via: { collection: blacklist, key: _id, field: c }',
      { owner: { kind: 'none' } },
      HEAD.replace('tenantId', 'none'),
    ],
    ['of its own', 'account: owner.id\nnumbers: [to]', { owner: { kind: 'field', path: 'owner.id' } }],
    [
      'of several types',
      'account: { path: user, types: [objectid, string] }\nnumbers: [to]',
      { owner: { kind: 'field', path: 'user', types: ['objectid', 'string'] } },
    ],
    ['by the same way', 'via: { collection: blacklist, key: _id, field: c }', { owner: { kind: 'via' }, numbers: [] }],
  ])('an account %s', (_what, lines, normal, head = HEAD) => {
    expect(read(head + entry(SMS + lines).slice(HEAD.length))).toMatchObject(normal);
  });

  it.each([
    ['one value', 'where: { type: RECEIVED }', { where: { type: ['RECEIVED'] } }],
    ['several', 'where: { "meta.kind": [a, null, 3] }', { where: { 'meta.kind': ['a', null, 3] } }],
    ['a time in seconds', 'at: { path: ts, unit: s }', { at: { path: 'ts', unit: 's' } }],
    ['a date', 'at: ts', { at: { path: 'ts', unit: 'date' } }],
    [
      'a direction by values',
      'direction: { path: fromMe, outbound: [true], inbound: false }',
      { direction: { path: 'fromMe', outbound: [true], inbound: [false] } },
    ],
    [
      'a direction by its words',
      'direction: { path: way }',
      { direction: { path: 'way', outbound: ['outbound'], inbound: ['inbound'] } },
    ],
    [
      'products by values',
      'id: mid\nat: ts\nproducts: { path: channel, values: { sms: [sms, SMS], messages: whatsapp } }',
      { products: { path: 'channel', values: { sms: ['sms', 'SMS'], messages: ['whatsapp'] } } },
    ],
    ['no scan', 'scan: off', { scan: false }],
    [
      'fields with words of their own',
      'fields: [ { path: text, category: body, strategy: mask, only_if_alone: true, mask_in_text: true } ]',
      {
        fields: [
          {
            path: 'text',
            category: 'body',
            type: 'any',
            strategy: 'mask',
            onlyIfAlone: true,
            maskInText: true,
            all: false,
          },
        ],
      },
    ],
    [
      'JSON in a text',
      'json: [ { path: raw, numbers: [from], fields: [ { path: text, category: body } ] } ]',
      { json: [{ path: 'raw', numbers: [{ path: 'from' }], fields: [{ path: 'text', category: 'body' }] }] },
    ],
    ['a field in every element', 'fields: [ { path: "parts[].text", category: body, all: true } ]', {}],
    [
      'a field anywhere',
      'fields: [ { path: caption, category: body, anywhere: true } ]',
      { fields: [{ path: 'caption', anywhere: true }] },
    ],
    ['a name with a space', 'fields: [ { path: Phone Owner, category: name } ]', {}],
    ['names of databases', 'database: archive', { database: 'archive' }],
  ])('%s', (_what, lines, normal) => {
    expect(read(entry(`${SMS}numbers: [Phone Number]\n${lines}`))).toMatchObject(normal);
  });

  it('numbers in every way it can say them', () => {
    const one = read(
      entry(
        `${SMS}numbers:\n  - to\n  - "to[]"\n  - "to[].phone"\n  - { path: jid, forms: [whatsapp, "wab-{number}"] }\n  - { path: "kin[].phone", own: false, type: number }\n  - { parts: [cc, rest] }\n  - "unread.{key}"`,
      ),
    );
    expect(one.numbers.map(({ path }) => path)).toEqual([
      'to',
      'to[]',
      'to[].phone',
      'jid',
      'kin[].phone',
      'unread.{key}',
    ]);
    expect(one.numbers[3]?.templates).toEqual([...PRESETS.whatsapp, 'wab-{number}']);
    expect(one.numbers[4]).toMatchObject({ own: false, type: 'number' });
    expect(one.joined).toEqual([{ parts: ['cc', 'rest'] }]);
  });

  it.each([
    ['no account at all', HEAD.replace('account: tenantId\n', ''), ':3: collections[0].account: is needed'],
    ['a star for a key', entry(`${SMS}numbers: ["unread.*"]`), ':7: collections[1].numbers[0]: must be a field path'],
    ['two keys', entry(`${SMS}numbers: ["{key}.x[].{key}"]`), ':7: collections[1].numbers[0]: may hold {key} once'],
    ['a template without a number', entry(`${SMS}numbers: [ { path: a, forms: [x@y] } ]`), 'forms[0]: must be one of'],
    [
      'digits that may go on',
      entry(`${SMS}numbers: [ { path: a, forms: ["{number}*"] } ]`),
      'needs something that is no digit',
    ],
    [
      'an unknown key of a number',
      entry(`${SMS}numbers: [ { path: a, form: [sip] } ]`),
      ':7: collections[1].numbers[0]: ',
    ],
    ['a where that is no value', entry(`${SMS}numbers: [to]\nwhere: { a: { $ne: 1 } }`), ':8: collections[1].where.a'],
    ['an operator in where', entry(`${SMS}numbers: [to]\nwhere: { $or: 1 }`), ':8: collections[1].where'],
    [
      'a where on what is erased',
      entry(`${SMS}numbers: [to]\nwhere: { to: x }`),
      ':8: collections[1].where.to: is erased',
    ],
    [
      'a field anywhere with a path',
      entry(`${SMS}numbers: [to]\nfields: [ { path: a.b, category: body, anywhere: true } ]`),
      'anywhere: must be one name',
    ],
    [
      'a field anywhere on the way of a number',
      entry(`${SMS}numbers: [ "a[].to" ]\nfields: [ { path: a, category: body, anywhere: true } ]`),
      'anywhere: a[].to goes through a field of this name',
    ],
    ['a unit nobody knows', entry(`${SMS}numbers: [to]\nat: { path: t, unit: h }`), ':8: collections[1].at.unit'],
    ['no way', entry(`${SMS}via: { collection: nobody, key: _id, field: c }`), 'there is no entry of the name nobody'],
    [
      'a way round',
      entries(
        'collection: a\nrecord: other\nvia: { collection: b, key: _id, field: x }',
        'collection: b\nrecord: other\nvia: { collection: a, key: _id, field: x }',
      ),
      'comes round to itself',
    ],
    [
      'a field in an array without a number',
      entry(`${SMS}numbers: [to]\nfields: [ { path: "parts[].text", category: body } ]`),
      'all: true takes every element of it',
    ],
    [
      'ids of the same records',
      entries(
        `${SMS}numbers: [to]\nid: mid\nat: t\nproducts: [sms]`,
        `${TWO}numbers: [from]\nid: mid\nat: t\nproducts: [sms]`,
      ),
      'serves ids as sms does',
    ],
    [
      'periods of the same records',
      entries(
        `${SMS}numbers: [to]\nat: t\nretention_months: 1`,
        `${TWO}numbers: [from]\nat: t\nretention_months: 24\nwhere: { b: 1 }`,
      ),
      'has a period as sms does',
    ],
    [
      'texts to be scanned that are not',
      entry(
        'collection: log\nrecord: other\nscan: off\nfields: [ { path: line, category: other, mask_in_text: true } ]',
      ),
      'collections[1].numbers: needs at least one path',
    ],
    [
      'lines of a text in which digits alone are masked',
      entry(
        'collection: log\nrecord: other\nfields: [ { path: line, category: other, mask_in_text: true, around: line } ]',
      ),
      'collections[1].fields[0].around: cannot stand beside mask_in_text',
    ],
    [
      'a field that holds a number, of records that are changed without being read',
      entry(
        `${SMS}numbers: [lead.phone]\nid: mid\nat: t\nproducts: [sms]\nfields: [ { path: lead, category: custom } ]`,
      ),
      'collections[1].fields[0].path: holds lead.phone: both cannot be written at once',
    ],
    [
      'a part that goes with a mention, of records that are changed without being read',
      entry(
        `${SMS}numbers: [to]\nid: mid\nat: t\nproducts: [sms]\nfields: [ { path: m, category: body }, { path: m.v, category: body, around: text } ]`,
      ),
      'collections[1].fields[1].path: lies inside m: both cannot be written at once',
    ],
    [
      'a place twice',
      entries(`${SMS}numbers: [to]\nwhere: { a: [1, 2] }`, `${TWO}numbers: [to]\nwhere: { a: [2, 3] }`),
      'is mapped already',
    ],
    ['a country that is none', `${HEAD}countries: [gb]`, 'countries[0]: must be a country as GB'],
    ['a whole map of nobody', HEAD.replace('tenantId', 'any'), 'account: any is said of single entries'],
    [
      'nobody’s record by its id',
      entry(`${SMS}account: any\nnumbers: [to]\nid: mid`),
      'id: is for records of one account',
    ],
    ['an empty reason', `${HEAD}ignore: [ { collection: x, reason: "" } ]`, 'ignore[0].reason'],
  ])('refuses %s', (_what, text, expected) => {
    const faults = faultsOf(text);
    expect(faults.filter((fault) => !fault.includes(expected))).toEqual([]);
    expect(faults).not.toEqual([]);
  });

  it('takes a number in a text that goes as a whole, keys with what is under them, and texts to be scanned', () => {
    const both = 'fields: [ { path: file, category: form }, { path: "names.{key}", category: name } ]';
    const log = 'collection: log\nrecord: other\nfields: [ { path: line, category: other, mask_in_text: true } ]';
    const raw = `collection: raw\nrecord: form\nnumbers: [file, "names.{key}"]\n${both}`;
    const held = `${TWO}numbers: [lead.phone]\nfields: [ { path: lead, category: custom } ]`;
    expect(faultsOf(entry(held))).toEqual([]);
    const part =
      'fields: [ { path: message, category: body }, { path: "message.cards[]", category: body, around: text } ]';
    expect(faultsOf(entry(`${TWO}numbers: [from]\n${part}`))).toEqual([]);
    const lists =
      'collection: lists\nrecord: form\nfields: [ { path: csv, category: form, around: line }, { path: "rows[]", category: form, around: text } ]';
    expect(faultsOf(entries(raw, log, lists))).toEqual([]);
  });

  it('lets records of one collection stand in two entries that are told apart', () => {
    const both = 'id: mid\nat: t\nproducts: [sms]\nretention_months: ';
    const text = entries(
      `${SMS}numbers: [phone]\nwhere: { type: [SENT, DRAFT] }\n${both}1`,
      `${TWO}numbers: [phone]\nwhere: { type: RECEIVED, x: 1 }\n${both}24`,
    );
    expect(faultsOf(text)).toEqual([]);
  });

  it('lets records without an account stand beside those of accounts', () => {
    const two = (where: string) =>
      faultsOf(entries(`${SMS}numbers: [phone]`, `${TWO}account: any\nnumbers: [phone]${where}`));
    expect(two('\nwhere: { tenantId: null }')).toEqual([]);
    expect(two('')).toEqual([expect.stringContaining('is mapped already')]);
  });

  it('is described for editors', () => {
    const schema = mapAsJsonSchema() as { properties: Record<string, unknown>; required: string[] };
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['version', 'account', 'collections', 'ignore', 'countries', 'profiles']),
    );
    expect(schema.required).toEqual(['version', 'collections']);
  });
});

/** Of `+447700900123`. */
const MD5 = createHash('md5').update('+447700900123').digest('hex');

describe('a template', () => {
  const digits = { plain: ['447700900123', '07700900123'], plus: '+447700900123', national: ['07700900123'] };

  it.each([
    ['{number}@c.us', ['447700900123@c.us', '07700900123@c.us']],
    ['whatsapp:{+number}', ['whatsapp:+447700900123']],
    ['wab-{national}', ['wab-07700900123']],
    ['md5({+number})', [MD5, MD5.toUpperCase()]],
    ['sender-key-*--{number}--*', []],
  ])('%s', (template, written) => {
    expect(templateFault(template)).toBeUndefined();
    expect(writeTemplate(template, digits)).toEqual(written);
  });

  it('with an open tail is anchored, and takes no other number', () => {
    const [expression] = writeTemplate('{number}:*@s.whatsapp.net', digits);
    expect(expression).toBeInstanceOf(RegExp);
    const matches = (text: string) => (expression as RegExp).test(text);
    expect(matches('447700900123:12@s.whatsapp.net')).toBe(true);
    expect(matches('4477009001234:12@s.whatsapp.net')).toBe(false);
    expect(matches('447700900123:12@sXwhatsapp.net')).toBe(false);
    expect(matches('x447700900123:12@s.whatsapp.net')).toBe(false);
  });

  it.each([
    ['{number}{number}'],
    ['x'],
    ['{number}*'],
    ['1{number}'],
    ['{number}0*'],
    ['{name}{number}'],
    ['*{number}'],
    ['a*0{number}'],
    ['*-*-{number}'],
    ['md5({number}*)'],
    ['crc32({number})'],
  ])('is not %s', (text) => {
    expect(templateFault(text)).toBeDefined();
  });

  it('gives back the number that stands in it', () => {
    expect(withoutTemplate('447700900123:3@s.whatsapp.net', PRESETS.whatsapp)).toBe('447700900123');
    expect(withoutTemplate('whatsapp:+447700900123', PRESETS.twilio)).toBe('+447700900123');
    expect(withoutTemplate('somebody else', PRESETS.twilio)).toBe('somebody else');
    expect(withoutTemplate('key-12-34--447700900123--0', ['key-*--{number}--*'])).toBe('447700900123');
  });
});
