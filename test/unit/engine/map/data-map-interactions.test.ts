import { describe, expect, it } from '@jest/globals';
import { DEFAULT_DATA_MAP } from '../../../../src/engine/map/default-map.ts';
import { DataMapError, loadDataMap, parseDataMap } from '../../../../src/engine/map/load.ts';
import { profileFor } from '../../../../src/engine/map/profile.ts';
import { compileRecordRules } from '../../../../src/engine/record-plan.ts';

const CALLS = {
  collection: 'calls',
  account: 'owner',
  record: 'call',
  numbers: ['from', 'to'],
  fields: [{ path: 'caller', category: 'name', type: 'object' }],
  id: 'call_id',
  at: 'began',
  interaction: 'call',
  redacted: 'redacted_at',
};
const SUPPRESSION = { collection: 'blacklist', account: 'owner', record: 'suppression', numbers: ['number'] };

const parse = (fields: object) =>
  parseDataMap(JSON.stringify({ version: 1, collections: [{ ...CALLS, ...fields }, SUPPRESSION] }), 'map.json');
const faultsOf = (fields: object): string => {
  try {
    parse(fields);
  } catch (error) {
    expect(error).toBeInstanceOf(DataMapError);
    return (error as Error).message;
  }
  return '';
};
const BY_DIRECTION = { direction: { path: 'way' }, own_number: { inbound: 'to', outbound: 'from' } };

describe('what the map says of interactions', () => {
  it.each([
    ['an own number by direction', BY_DIRECTION],
    ['an own number beside the others', { own_number: 'line' }],
    ['a log', { log: { status: 'status', source: 'campaign.name', flow: 'route' } }],
  ])('may be %s', (_name, fields) => {
    expect(faultsOf(fields)).toBe('');
  });

  it.each([
    ['an own number that is erased', { own_number: 'to' }, /say in which direction it is kept/],
    ['directions that nothing tells', { own_number: BY_DIRECTION.own_number }, /needs a direction/],
    ['directions where there is one', { ...BY_DIRECTION, direction: 'inbound' }, /needs a direction/],
    ['a status that is erased', { log: { status: 'caller' } }, /is erased: it cannot be kept/],
    ['a source inside of what is erased', { log: { source: 'caller.campaign' } }, /is erased/],
    ['a flow that is a number', { log: { flow: 'from' } }, /is erased/],
    ['anything else', { log: { name: 'caller' } }, /name/],
  ])('may not be %s', (_name, fields, says) => {
    expect(faultsOf(fields)).toMatch(says);
  });
});

describe('a record that is redacted whole', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const rulesOf = (name: 'interaction' | 'transaction' | 'retention', map = parse(BY_DIRECTION)) =>
    compileRecordRules(map, profileFor(name, map), (entry) => entry.collection === 'calls').map((rule) => {
      const change = rule.change(now);
      if (change.kind === 'delete') return [rule.key, rule.only, 'delete'];
      const texts = change.fields.map(({ path, by }) => [path, by.text === 'unset' ? by.text : by.text.set]);
      return [rule.key, rule.only, { ...Object.fromEntries(texts), ...change.always }];
    });

  it('keeps the number of the account, by direction', () => {
    const rest = { caller: null, redacted_at: now };
    expect(rulesOf('interaction')).toEqual([
      ['calls*inbound', { way: 'inbound' }, { from: null, ...rest }],
      ['calls*outbound', { way: 'outbound' }, { to: null, ...rest }],
      ['calls*', { way: { $nin: ['inbound', 'outbound'] } }, { from: null, to: null, ...rest }],
    ]);
  });

  it('which other contracts do not ask for', () => {
    const sold = parse({ ...BY_DIRECTION, products: ['voice'] });
    expect(rulesOf('transaction', sold).map(([key]) => key)).toEqual(['calls*']);
    expect(rulesOf('transaction')).toEqual([]);
    expect(rulesOf('retention')).toEqual([['calls*', {}, 'delete']]);
  });

  it('leaves alone what is pending', () => {
    const map = parse({ ...BY_DIRECTION, pending: { path: 'status', values: ['later'], at: 'due' } });
    const [[, only] = []] = rulesOf('interaction', map);
    expect(only).toEqual({ way: 'inbound', status: { $nin: ['later'] } });
  });

  it('is about interactions only', () => {
    const map = loadDataMap(undefined);
    const keys = compileRecordRules(map, profileFor('interaction', map), () => true).map((rule) => rule.name);
    const wanted = DEFAULT_DATA_MAP.collections.flatMap((entry) => ('interaction' in entry ? [entry.collection] : []));
    expect([...new Set(keys)]).toEqual(wanted);
  });
});
