import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { DEFAULT_DATA_MAP } from '../../../../src/engine/map/default-map.ts';
import { DataMapError, loadDataMap, parseDataMap } from '../../../../src/engine/map/load.ts';

const SUPPRESSION = `
  - collection: blacklist
    account: account_id
    record: suppression
    numbers: [number]`;

const mapOf = (collections: string, rest = '') => `version: 1\ncollections:${SUPPRESSION}\n${collections}\n${rest}`;

/** A map of one more entry, whose lines begin at 7. */
const entry = (lines: string, rest = '') =>
  mapOf(
    lines
      .split('\n')
      .map((line, index) => `  ${index === 0 ? '- ' : '  '}${line.trim()}`)
      .join('\n'),
    rest,
  );

function faultsOf(text: string): string[] {
  try {
    parseDataMap(text, 'map.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(DataMapError);
    return (error as DataMapError).message.split('\n');
  }
  return [];
}

describe('the data map', () => {
  it('is the default one without a file', () => {
    expect(loadDataMap(undefined).collections.map((one) => one.collection)).toEqual(
      DEFAULT_DATA_MAP.collections.map((one) => one.collection),
    );
  });

  it('is read from YAML and from JSON alike', () => {
    const text = entry('collection: sms\naccount: owner\nrecord: message\nnumbers: [to]');
    const yaml = parseDataMap(text, 'map.yaml');
    const json = parseDataMap(JSON.stringify(parse(text)), 'map.json');
    expect(json).toEqual(yaml);
    expect(yaml.collections[1]).toMatchObject({
      collection: 'sms',
      owner: { kind: 'field', path: 'owner' },
      fields: [],
    });
  });

  it('names the file that cannot be read', () => {
    expect(() => loadDataMap('/nowhere/map.yaml')).toThrow('/nowhere/map.yaml: cannot be read (ENOENT)');
  });

  it('names the line of a syntax error', () => {
    expect(faultsOf('version: 1\ncollections: [\n')[0]).toMatch(/^map\.yaml:\d: /);
    expect(faultsOf('version: 1\nversion: 1\n')[0]).toMatch(/^map\.yaml:2: /);
  });

  it('is no map when it is empty, a list, or has an alias', () => {
    expect(faultsOf('')[0]).toMatch(/^map\.yaml:1: the whole map: /);
    expect(faultsOf('- 1')[0]).toMatch(/^map\.yaml:1: the whole map: /);
    expect(faultsOf('version: &a 1\ncollections: *a')).toEqual([
      'map.yaml: aliases (&name, *name) are not allowed in a data map',
    ]);
  });

  it.each([
    ['numbers: []', 'numbers'],
    ['numbers: [to]\nproducts: [sms]\nat: sent_at', ''],
    ['numbers: [to]\nproducts: [sms]\nid: message_id', ''],
    ['numbers: [to]\ninteraction: text\nid: message_id\nat: sent_at', ''],
    ["numbers: ['to[]']\nproducts: [sms]\nid: message_id\nat: sent_at", ''],
  ])('refuses an entry that lacks what it is used for: %s', (lines, path) => {
    const faults = faultsOf(entry(`collection: sms\naccount: owner\nrecord: message\n${lines}`));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`collections[1]${path && '.'}${path}: `);
  });

  it('reports every fault of an entry, each with its line and path', () => {
    const faults = faultsOf(
      entry('collection: sms\naccount: owner\nrecord: letter\nnumbers: [7]\nfields:\n- { path: $x, category: body }'),
    );
    expect(faults.map((fault) => fault.split(': ').slice(0, 2).join(': '))).toEqual([
      'map.yaml:9: collections[1].record',
      'map.yaml:10: collections[1].numbers[0]',
      'map.yaml:12: collections[1].fields[0].path',
    ]);
  });

  it.each([
    [
      'an unknown key',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [to]\nnumber: to',
      ':7: collections[1]: ',
    ],
    [
      'a path with an operator',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [$where]',
      ':10: collections[1].numbers[0]: must be a field path',
    ],
    [
      'a prototype',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [x.__proto__]',
      ':10: collections[1].numbers[0]: names a field that no record can have',
    ],
    [
      'an account in an array',
      'collection: sms\naccount: a[].b\nrecord: message\nnumbers: [to]',
      ':8: collections[1].account: must not go through an array',
    ],
    [
      "one of Lethe's collections",
      'collection: lethe_requests\naccount: a\nrecord: other\nnumbers: [to]',
      ":7: collections[1].collection: is one of Lethe's own collections",
    ],
    [
      'a collection whose name cannot be counted under',
      'collection: sms.sent\naccount: a\nrecord: message\nnumbers: [to]',
      ':7: collections[1].collection: needs a name beside it',
    ],
    [
      'a name every object knows',
      'collection: sms\nname: constructor\naccount: a\nrecord: message\nnumbers: [to]',
      ':8: collections[1].name: must be letters',
    ],
    [
      'a number that is the account',
      'collection: sms\naccount: to\nrecord: message\nnumbers: [to]',
      ':10: collections[1].numbers[0]: to stands twice',
    ],
    [
      'a number inside the account',
      'collection: sms\naccount: owner\nrecord: message\nnumbers: [owner.phone]',
      ':10: collections[1].numbers[0]: lies inside owner',
    ],
    [
      'a field that holds the account',
      'collection: sms\naccount: owner.id\nrecord: message\nnumbers: [to]\nfields:\n- { path: owner, category: other, type: object }',
      ':12: collections[1].fields[0].path: holds owner.id',
    ],
    [
      'a field that is a number already',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [to]\nfields:\n- { path: to, category: other }',
      ':12: collections[1].fields[0].path: to stands twice',
    ],
    [
      'a field inside another',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [to]\nfields:\n- { path: custom, category: custom, type: object }\n- { path: custom.note, category: note }',
      ':13: collections[1].fields[1].path: lies inside custom: both cannot be written at once',
    ],
    [
      'a field that holds a number',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [person.phone]\nfields:\n- { path: person, category: other, type: object }',
      ':12: collections[1].fields[0].path: holds person.phone',
    ],
    [
      'the elements of an array and what is in them',
      'collection: sms\naccount: a\nrecord: message\nnumbers: ["tags[].n"]\nfields:\n- { path: "tags[]", category: tag }',
      ':12: collections[1].fields[0].path: holds tags[].n',
    ],
    [
      'an array that is none elsewhere',
      'collection: sms\naccount: a\nrecord: message\nnumbers: ["to[].number"]\nfields:\n- { path: to.name, category: name }',
      ':12: collections[1].fields[0].path: to is an array in to[].number only',
    ],
    [
      'a field of an array without a number',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [to]\nfields:\n- { path: "parts[].text", category: body }',
      ':12: collections[1].fields[0].path: must be in the record, or in the same array as a number',
    ],
    [
      'a field outside the elements',
      'collection: lists\naccount: a\nrecord: contact\nelements: "people[]"\nnumbers: ["people[].phone"]\nfields:\n- { path: title, category: name }',
      ':13: collections[1].fields[0].path: must lie inside people[]',
    ],
    [
      'a number outside the elements',
      'collection: lists\naccount: a\nrecord: contact\nelements: "people[]"\nnumbers: [phone]',
      ':11: collections[1].numbers[0]: must lie inside people[]',
    ],
    [
      'a change to the id',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [to]\nfields:\n- { path: _id, category: other }',
      ':12: collections[1].fields[0].path: cannot be changed',
    ],
    [
      'a number in the id of a record that is kept',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [_id]',
      ':10: collections[1].numbers[0]: cannot be changed, and a message is kept',
    ],
    [
      'a number inside the id',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [_id.to]',
      ':10: collections[1].numbers[0]: cannot be changed',
    ],
    [
      'what pending looks at',
      'collection: sms\naccount: a\nrecord: scheduled\nnumbers: [to]\npending: { path: status, values: [new], at: send_at }\nfields:\n- { path: status, category: other }',
      ':13: collections[1].fields[0].path: status stands twice',
    ],
    [
      'one path for both ends of pending',
      'collection: sms\naccount: a\nrecord: scheduled\nnumbers: [to]\npending: { path: status, values: [new], at: status }',
      ':11: collections[1].pending.at: status stands twice',
    ],
    [
      'suppression settings elsewhere',
      'collection: sms\naccount: a\nrecord: message\nnumbers: [to]\nsuppression: {}',
      ':11: collections[1].suppression: is only for record: suppression',
    ],
  ])('refuses %s', (_what, lines, expected) => {
    const faults = faultsOf(entry(lines));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`map.yaml${expected}`);
  });

  it('refuses the same place in two entries', () => {
    const one = '  - { collection: sms, account: a, record: message, numbers: [to] }';
    const two = '  - { collection: sms, name: again, account: a, record: message, numbers: [from, to] }';
    expect(faultsOf(mapOf(`${one}\n${two}`))).toEqual(['map.yaml:8: collections[2].numbers[1]: is mapped already']);
    expect(faultsOf(mapOf(`${one}\n${one}`))[0]).toBe('map.yaml:8: collections[2].name: sms stands twice');
    // What tells them apart is said in version 2 alone.
    const ids = [one, two].map((line) =>
      line.replace(/numbers.*/, `numbers: [${line === one ? 'to' : 'from'}], id: mid, at: t, products: [sms] }`),
    );
    expect(faultsOf(mapOf(ids.join('\n')))[0]).toMatch(/serves ids as sms does.*\(version: 2\)$/);
  });

  it('lets a number be the id of a record that is deleted', () => {
    const lines = 'collection: people\naccount: a\nrecord: contact\nnumbers: [_id]';
    expect(faultsOf(entry(lines))).toEqual([]);
    const kept = 'profiles: { forget: { records: { contact: keep } } }';
    expect(faultsOf(entry(lines, kept))[0]).toContain('map.yaml:10: collections[1].numbers[0]: cannot be changed');
  });

  it('lets an element of an array be known by its own id', () => {
    const lines = 'collection: lists\naccount: a\nrecord: message\nnumbers: ["people[]._id"]';
    expect(faultsOf(entry(lines))).toEqual([]);
  });

  it('lets names begin alike', () => {
    const lines =
      'collection: sms\naccount: to_account\nrecord: message\nnumbers: [to, to2.number]\nfields:\n- { path: to2.name, category: name }\n- { path: total, category: other }';
    expect(faultsOf(entry(lines))).toEqual([]);
  });

  it('does not let a profile keep the number', () => {
    const lines = 'collection: sms\naccount: a\nrecord: message\nnumbers: [to]';
    expect(faultsOf(entry(lines, 'profiles: { forget: { fields: { number: keep } } }'))).toEqual([
      'map.yaml:11: profiles.forget.fields.number: cannot be kept: it is what is erased',
    ]);
    expect(faultsOf(entry(lines, 'profiles: { forget: { fields: { body: keep } } }'))).toEqual([]);
  });

  it('does not let a profile write a number', () => {
    const lines = 'collection: sms\naccount: a\nrecord: message\nnumbers: [to]';
    const replace = 'profiles: { forget: { fields: { body: { replace: "447700900123" } } } }';
    expect(faultsOf(entry(lines, replace))[0]).toMatch(/^map\.yaml:11: profiles\.forget\.fields\.body/);
    expect(faultsOf(entry(lines, replace))[0]).not.toContain('447700900123');
  });

  it('refuses what retention would never do', () => {
    const contacts = 'collection: people\naccount: a\nrecord: contact\nat: made\nnumbers: [to]\nretention_months: ';
    expect(faultsOf(entry(`${contacts}12`))).toEqual([
      'map.yaml:12: collections[1].retention_months: is never reached: retention leaves every contact alone',
    ]);
    expect(faultsOf(entry(`${contacts}0`))).toEqual([]);
    expect(faultsOf(entry(`${contacts}12`, 'profiles: { retention: { records: { contact: delete } } }'))).toEqual([]);
    expect(faultsOf(entry(`${contacts}0`, 'profiles: { retention: { fields: { body: clear } } }'))).toEqual([
      'map.yaml:13: profiles.retention.fields: are not changed by retention: it deletes records, or leaves them alone',
    ]);
  });

  describe('suppression list', () => {
    const listOf = (lines: string) =>
      `version: 1\ncollections:\n  - collection: blacklist\n    record: suppression\n${lines}`;

    it('must be one', () => {
      expect(
        faultsOf('version: 1\ncollections:\n  - { collection: sms, account: a, record: message, numbers: [to] }'),
      ).toEqual(['map.yaml:3: collections: needs exactly one with record: suppression, has 0']);
      const second = 'collection: optouts\naccount: a\nrecord: suppression\nnumbers: [number]';
      expect(faultsOf(entry(second))[0]).toContain('has 2');
    });

    it.each([
      [
        'two number fields',
        '    account: a\n    numbers: [number, other]',
        ':6: collections[0].numbers: a suppression list has one plain number field',
      ],
      [
        'a nested number field',
        '    account: a\n    numbers: [person.number]',
        ':6: collections[0].numbers: a suppression list has one plain number field',
      ],
      [
        "a number field that is Lethe's",
        '    account: a\n    numbers: [token]',
        ':6: collections[0].numbers[0]: token is written by Lethe itself',
      ],
      [
        "an account field that is Lethe's",
        '    account: reason\n    numbers: [number]',
        ':5: collections[0].account: reason is written by Lethe itself',
      ],
      [
        'a document a number',
        '    account: a\n    numbers: [_id]',
        ':6: collections[0].numbers[0]: _id is written by Lethe itself',
      ],
      [
        'pending records',
        '    account: a\n    numbers: [n]\n    pending: { path: s, values: [x], at: t }',
        ':3: collections[0]: a suppression list has no elements and nothing pending',
      ],
    ])('refuses %s', (_what, lines, expected) => {
      expect(faultsOf(listOf(lines))[0]).toContain(`map.yaml${expected}`);
    });
  });
});
