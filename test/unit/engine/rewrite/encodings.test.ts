import { describe, expect, it } from '@jest/globals';
import { tokenMayHold } from '../../../../src/engine/rewrite/base64-digits.ts';
import { AL, JO, MASK, outcomeOf, rulesOf, run } from './support.ts';

const entry = { numbers: ['from', 'raw.from'], fields: { body: 'body', 'raw.text': 'body' } as const };
const masked = (value: unknown) => (outcomeOf({ x: value }, entry) as { x: unknown }).x;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const wamid = (number: string, rest: string) =>
  `wamid.${Buffer.from(`\x1c\x18\x0c${number}\x15\x02\0\x11\x18\x12${rest}`, 'latin1').toString('base64')}`;

describe('JSON in a string', () => {
  it.each([
    [`{"from":"${JO}","text":"hi","n":1}`, `{"from":"${MASK}","text":"[REDACTED]","n":1}`],
    [
      ` [ {"from" : ${JO} , "text": null, "big": 12345678901234567890, "x": 1.0 } ] `,
      ` [ {"from" : null , "text": null, "big": 12345678901234567890, "x": 1.0 } ] `,
    ],
    [JSON.stringify(`{"from":"${JO}","text":"hi"}`), JSON.stringify(`{"from":"${MASK}","text":"[REDACTED]"}`)],
  ])('is read as what it holds: %s', (raw, expected) => {
    expect(outcomeOf({ raw }, entry)).toEqual({ raw: expected });
  });

  it.each([
    ['unmapped', `{"a":["x ${JO} y",${JO}],"b":{"${JO}":1}}`, `{"a":["x ${MASK} y",null],"b":{"${MASK}":1}}`],
    ['escaped', `{"a":"\\u002b${JO}\\n\\"q\\"","\\u0062":"\\/"}`, `{"a":"${MASK}\\n\\"q\\"","\\u0062":"\\/"}`],
    ['an exponent', '{"a":4.47700900123E+11}', '{"a":null}'],
    [
      'JSON in JSON',
      JSON.stringify({ a: JSON.stringify({ b: [JO, AL] }), c: 1 }),
      JSON.stringify({ a: JSON.stringify({ b: [MASK, AL] }), c: 1 }),
    ],
    ['a key twice', `{"a":"${JO}","a":"x"}`, `{"a":"${MASK}","a":"x"}`],
    ['cut off', `{"a":"${JO}","b":`, `{"a":"${MASK}","b":`],
    ['a quoted number', `"${JO}"`, `"${MASK}"`],
    ['renamed onto another', `{"${JO}":1,"${MASK}":2}`, `{"${MASK}-2":1,"${MASK}":2}`],
    ['base64 in JSON', `{"a":"${base64(`to ${JO}.`)}"}`, `{"a":"${base64(`to ${MASK}.`)}"}`],
  ])('%s', (_, before, after) => {
    expect(masked(before)).toBe(after);
  });

  it('loses elements and keys without a trace of commas', () => {
    const list = { fate: 'delete' as const, elements: 'c[]', numbers: ['c[].n'] };
    const one = (n: string) => `{"n": "${n}"}`;
    expect(outcomeOf({ c: `[${one(JO)}, ${one(AL)}, ${one(JO)}]` }, list)).toEqual({ c: `[ ${one(AL)}]` });
    expect(outcomeOf({ c: `[${one(JO)}]` }, list)).toEqual({ c: '[]' });
    const gone = { numbers: [{ path: 'c.n', strategy: 'delete' as const }] };
    expect(outcomeOf({ c: `{"a":[ ],"n":"${JO}"}` }, gone)).toEqual({ c: '{"a":[ ]}' });
  });

  it('is read through four texts in one another, and as a text beyond them', () => {
    const within = (times: number, n: string): string =>
      times === 0 ? `{"n":${n}}` : JSON.stringify({ a: within(times - 1, n) });
    expect(masked(within(3, JO))).toBe(within(3, 'null'));
    expect(masked(within(4, JO))).toBe(within(4, MASK));
  });

  it('deeper than a document may be is read as text', () => {
    const deep = `${'['.repeat(5000)}"${JO}"${']'.repeat(5000)}`;
    expect(masked(deep)).toBe(deep.replace(JO, MASK));
  });

  it('is one edit, of the string', () => {
    const { edits } = run({ raw: `{"from":"${JO}","text":"hi"}` }, rulesOf([entry]));
    expect(edits).toHaveLength(1);
    expect(edits[0]).toMatchObject({ path: ['raw'], before: `{"from":"${JO}","text":"hi"}` });
  });
});

describe('base64', () => {
  it.each([
    ['a text', base64(`Call +44 7700 900123 or +${AL}.`), base64(`Call ${MASK} or +${AL}.`)],
    ['a file', base64(`name,phone\nJo,+${JO}\nZoë,+${AL}\n`), base64(`name,phone\nJo,${MASK}\nZoë,+${AL}\n`)],
    ['JSON', base64(`{"n":${JO},"m":"${AL}"}`), base64(`{"n":null,"m":"${AL}"}`)],
    ['a data URL', `data:text/csv;base64,${base64(`a,${JO}`)}`, `data:text/csv;base64,${base64(`a,${MASK}`)}`],
    ['a message id', wamid(JO, '3EB0C767D26A1D8C0F4A'), wamid('*'.repeat(12), '3EB0C767D26A1D8C0F4A')],
    ['twice', base64(base64(`to ${JO}`)), base64(base64(`to ${MASK}`))],
    ['a text of many lines', base64(`\n\n\n\n${JO}`), base64(`\n\n\n\n${MASK}`)],
    ['a text of many columns', base64(`\t\t\t\t${JO}`), base64(`\t\t\t\t${MASK}`)],
    ['between texts', `id=${base64(`x${JO}y`)}; to ${JO}`, `id=${base64(`x${MASK}y`)}; to ${MASK}`],
  ])('%s', (_, before, after) => {
    expect(masked(before)).toBe(after);
  });

  it('of URLs, and without padding', () => {
    const url = (text: string) => Buffer.from(text, 'latin1').toString('base64url');
    expect(masked(`?t=${url(`\xff\xfe\xfb${JO}\xfb\xff`)}&x`)).toBe(
      `?t=${url(`\xff\xfe\xfb${'*'.repeat(12)}\xfb\xff`)}&x`,
    );
    expect(masked(url(`{"to":"${JO}"}`))).toBe(url(`{"to":"${MASK}"}`));
  });

  it.each(['a', 'ab', 'abc', 'abcd', 'path/to/', 'msg_', 'x-'])('run together with %s', (before) => {
    const text = before + base64(`\xff${JO}`);
    const after = masked(text) as string;
    expect(after).toHaveLength(text.length);
    expect(after.startsWith(before)).toBe(true);
    expect(Buffer.from(after.slice(before.length), 'base64').toString()).toBe(`\xff${'*'.repeat(12)}`);
  });

  it('in a key', () => {
    const before = { sent: { [wamid(JO, 'abc')]: { at: 1 }, [wamid(AL, 'abc')]: { at: 2 } } };
    expect(outcomeOf(before, entry)).toEqual({
      sent: { [wamid('*'.repeat(12), 'abc')]: { at: 1 }, [wamid(AL, 'abc')]: { at: 2 } },
    });
  });

  it.each([
    wamid(AL, 'abc'),
    base64(`to ${AL}`),
    'internationalisation',
    '64a000000000000000000001',
    `${AL}`,
    base64('no digits at all'),
  ])('of others stays: %s', (value) => {
    expect(run({ x: value }, rulesOf([entry]))).toMatchObject({ fate: 'unchanged', found: [] });
  });
});

describe('a stretch that may be base64', () => {
  const encoded = (text: string) => Buffer.from(text, 'latin1').toString('base64');
  const mayHold = (token: string, end = token.length) => tokenMayHold(Buffer.from(token), 0, end);
  /** Six digits and seven, among bytes that are no text, whatever the encoding is run together with. */
  const digits = (count: number) => encoded(`\xff${'0123459'.slice(0, count)}\xff\xff`);

  it.each([0, 1, 2, 3])('is looked into from seven digits on, after %i other characters', (before) => {
    const token = (count: number) => 'v'.repeat(before) + digits(count);
    expect([mayHold(token(6)), mayHold(token(7))]).toEqual([false, true]);
  });

  it('is looked into when it is a text, whatever was looked at before', () => {
    const tokens = [encoded('\xff\xff\xff no text'), encoded('a text, and nothing else')];
    expect(tokens.map((token) => mayHold(token))).toEqual([false, true]);
  });

  it('ends where it ends, and is no number itself', () => {
    const cut = encoded('\xff\xff1234567');
    expect([mayHold(cut), mayHold(cut, cut.length - 1)]).toEqual([true, false]);
    expect([mayHold(`9${'0'.repeat(28)}`), mayHold(`z${'0'.repeat(28)}`)]).toEqual([false, true]);
  });
});

describe('UTF-16', () => {
  const wide = (text: string) => Buffer.from(text, 'utf16le');
  const [before, after] = [`Jo\t+${JO}\nAl\t+${AL}`, `Jo\t+${'*'.repeat(JO.length)}\nAl\t+${AL}`];

  it.each([
    ['bytes, the lower first', wide(before), wide(after)],
    ['bytes, the higher first', wide(before).swap16(), wide(after).swap16()],
    ['base64', wide(before).toString('base64'), wide(after).toString('base64')],
  ])('is read, in %s', (_what, encoded, expected) => {
    expect(masked(encoded)).toEqual(expected);
  });
});

describe('hexadecimal digits', () => {
  const hex = (text: string) => Buffer.from(text).toString('hex');
  const wide = (text: string) => Buffer.from(text, 'utf16le').swap16().toString('hex').toUpperCase();
  const stars = '*'.repeat(JO.length);
  const swapped = (digits: string) => digits.replace(/(.)(.?)/g, (_pair, one, other) => (other || 'F') + one);
  // An SMS-DELIVER from a number, by way of a service centre of others.
  const pdu = (from: string) => `0791447758100650040C91${from}00006211215125806105E8329BFD06`;

  it.each([
    ['of a text', hex(`to +${JO}.`), hex(`to +${stars}.`)],
    ['in capitals, of two octets a character', wide(`+${JO}, +${AL}`), wide(`+${stars}, +${AL}`)],
    ['behind a letter that is none of theirs', `a${hex(JO)}`, `a${hex(stars)}`],
    ['in a text', `PDU=0x${hex(JO)};`, `PDU=0x${hex(stars)};`],
    ['of a short message on its way', pdu(swapped(JO)), pdu('AAAAAAAAAAAA')],
    ['of a number at home', `0B81${swapped('07700900123')}`, '0B81AAAAAAAAAAFA'],
    ['of a service centre', `0791${swapped(JO)}`, '0791aaaaaaaaaaaa'],
  ])('%s', (_what, before, after) => {
    expect(masked(before)).toBe(after);
  });

  it.each([
    ['an id', '64a000000000000000000001'],
    ['a hash', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['another’s', hex(AL)],
    ['another’s, on its way', pdu(swapped(AL))],
    ['digits without a length', `0091${swapped(JO)}`],
    ['digits of a longer number', `0E91${swapped(JO)}99`],
  ])('of nobody who is looked for stay: %s', (_what, value) => {
    expect(run({ x: value }, rulesOf([entry]))).toMatchObject({ fate: 'unchanged', found: [] });
  });
});

describe('domain names of numbers', () => {
  const named = (number: string, domain = 'e164.arpa') => `${[...number].reverse().join('.')}.${domain}`;
  const stars = `${'*.'.repeat(JO.length)}e164.arpa`;

  it.each([
    ['alone', named(JO), stars],
    ['in a text', `NAPTR for ${named(JO)}. and ${named(AL)}.`, `NAPTR for ${stars}. and ${named(AL)}.`],
    ['in capitals, of another tree', named(JO, 'E164.Example'), stars.replace('e164.arpa', 'E164.Example')],
    ['in JSON', JSON.stringify({ q: named(JO) }), JSON.stringify({ q: stars })],
  ])('%s', (_what, before, after) => {
    expect(masked(before)).toBe(after);
  });

  it.each([named(AL), named(JO).replace('e164', 'e165'), named(`${JO}9999`), named(`1${JO}`)])(
    'of others stay: %s',
    (value) => expect(run({ x: value }, rulesOf([entry]))).toMatchObject({ fate: 'unchanged', found: [] }),
  );
});

describe('bytes', () => {
  const packed = Buffer.from('0C91447700091032', 'hex');
  const stars = Buffer.from('0C91AAAAAAAAAAAA', 'hex');
  const ascii = Buffer.from(`\0+${JO}\0`);
  const covered = Buffer.from(`\0+${'*'.repeat(JO.length)}\0`);

  it.each<[string, unknown, unknown]>([
    ['of a short message on its way', packed, stars],
    ['as a list', [...ascii], [...covered]],
    ['as JSON has a buffer', ascii.toJSON(), covered.toJSON()],
    ['by their indexes', { ...ascii }, { ...covered }],
    ['in JSON', JSON.stringify({ raw: ascii }), JSON.stringify({ raw: covered })],
    ['a list of others', [...Buffer.from(AL)], [...Buffer.from(AL)]],
    ['a list of numbers that are no bytes', [...ascii, 256], [...ascii, 256]],
    ['an object of numbers', { ...ascii, x: 1 }, { ...ascii, x: 1 }],
  ])('%s', (_what, before, after) => {
    expect(masked(before)).toEqual(after);
  });
});
