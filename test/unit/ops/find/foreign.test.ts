import { describe, expect, it } from '@jest/globals';
import { parseDataMap } from '../../../../src/engine/map/load.ts';
import { foreignTo } from '../../../../src/ops/find/foreign.ts';

const MAP = parseDataMap(
  `version: 2
account: tenant
collections:
  - { collection: sms, record: message, numbers: [ to ] }
  - { collection: "users_{account}", name: users, account: none, record: contact, numbers: [ phone ] }
  - { collection: calls, database: "tenant_{account}", account: none, record: call, numbers: [ to ] }
  - { collection: blacklist, record: suppression, numbers: [ number ] }
`,
  'map.yaml',
);

describe('what is another account’s for sure', () => {
  it.each([
    ['a record that names another', { collection: 'sms' }, { tenant: 'b' }, true],
    ['one that names the account', { collection: 'sms' }, { tenant: 'a' }, false],
    ['one that names none', { collection: 'sms' }, {}, false],
    ['one in a collection of another', { collection: 'users_b' }, {}, true],
    ['one in a collection of the account', { collection: 'users_a' }, {}, false],
    ['one in a database of another', { database: 'tenant_b', collection: 'calls' }, {}, true],
    ['one in a database of the account', { database: 'tenant_a', collection: 'calls' }, {}, false],
    ['one that no map knows', { collection: 'other' }, {}, false],
  ])('%s', (_what, place, document, expected) => {
    expect(foreignTo('a', MAP)(document, place as never)).toBe(expected);
  });

  it('is every such collection, for an account that can stand in no name', () => {
    expect(foreignTo('a/b', MAP)({}, { collection: 'users_a' } as never)).toBe(true);
  });
});
