import { describe, expect, it } from '@jest/globals';
import { PROFILE_NAMES } from '../../../../src/engine/map/categories.ts';
import { loadDataMap } from '../../../../src/engine/map/load.ts';
import { profileFor } from '../../../../src/engine/map/profile.ts';
import { checkShardKey } from '../../../../src/ops/check-map/shard-key.ts';

describe('what a collection is sharded by', () => {
  const map = loadDataMap(undefined);
  const profiles = PROFILE_NAMES.map((name) => profileFor(name, map));
  const check = (collection: string, key: Parameters<typeof checkShardKey>[1]) => {
    const entry = map.collections.find((one) => one.collection === collection);
    if (!entry) throw new Error('no such entry');
    return checkShardKey(entry, key, profiles).map(({ severity, where }) => `${severity} ${where}`);
  };

  it.each([
    ['nothing', 'sent_sms', null, []],
    ['its account', 'sent_sms', { account_id: 1 }, []],
    ['its account and its time', 'sent_sms', { account_id: 1, sent_at: 1 }, []],
    ['a number', 'sent_sms', { to: 'hashed' }, ['error sent_sms.to']],
    ['a number behind the account', 'calls', { account_id: 1, from: 1 }, ['error calls.from']],
    ['a field within one that is cleared', 'calls', { 'visitor.id': 1 }, ['error calls.visitor.id']],
    ['the mark of redactions', 'calls', { redacted_at: 1 }, ['error calls.redacted_at']],
    ['the number of records that are deleted', 'contacts', { number: 1 }, []],
    ['the account of a suppression list', 'blacklist', { account_id: 1 }, []],
    ['the number of a suppression list', 'blacklist', { account_id: 1, number: 1 }, ['error blacklist']],
    ['what nobody may see', 'sent_sms', 'unseen', ['warning sent_sms']],
  ] as const)('%s (%s)', (_what, collection, key, findings) => {
    expect(check(collection, key)).toEqual(findings);
  });
});
