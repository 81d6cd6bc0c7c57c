import { describe, expect, it } from '@jest/globals';
import { parseDataMap } from '../../../src/engine/map/load.ts';
import { makeProcessingRecord, recordAsMarkdown } from '../../../src/ops/processing-record.ts';

const MAP = `
version: 2
account: acc
collections:
  - { collection: people, record: contact, numbers: [ phone ], fields: [ { path: name, category: name } ] }
  - name: texts
    collection: sms
    record: message
    numbers: [ to ]
    at: sent
    fields: [ { path: body, category: body }, { path: note, category: note, strategy: keep } ]
  - { collection: old, record: message, numbers: [ to ], at: sent, retention_months: 2 }
  - { collection: blacklist, record: suppression, numbers: [ number ] }
`;
const NOW = new Date('2026-03-01T10:00:00Z');
const make = (account?: { _id: string; retention_months?: number }) =>
  makeProcessingRecord(
    { dataMap: parseDataMap(MAP, 'map.yaml'), ...(account && { account }), deadlineHours: 24, reportKeepHours: 72 },
    NOW,
  );

describe('the record of processing', () => {
  it('has one activity a kind of record, and says what becomes of it', () => {
    const { activities } = make({ _id: 'acc_1', retention_months: 13 });
    expect(activities.map(({ activity }) => activity)).toEqual(['contact', 'message', 'suppression']);
    expect(activities[1]?.categories_of_data).toEqual(['number', 'body', 'note']);
    expect(activities.flatMap(({ collections }) => collections)).toMatchObject([
      { name: 'people', period: { months: null, set_by: 'nobody' }, on_request: 'deleted' },
      {
        ...{ name: 'texts', collection: 'sms', period: { months: 13, set_by: 'account' } },
        on_request: 'kept, number: mask, body: replaced by [REDACTED], note: keep',
      },
      { name: 'old', period: { months: 2, set_by: 'data map' } },
      { name: 'blacklist', period: { months: null, set_by: 'nobody' } },
    ]);
  });

  it('sets no period where nobody has turned retention on, or where it keeps for ever', () => {
    for (const account of [undefined, { _id: 'acc_1' }, { _id: 'acc_1', retention_months: 0 }]) {
      const periods = make(account).activities.flatMap(({ collections }) => collections.map(({ period }) => period));
      expect(periods[1]?.months).toBeNull();
    }
  });

  it('leaves to the operator what no map can tell, on the page, too', () => {
    const record = make();
    expect(new Set(Object.values(record.controller))).toEqual(new Set([null]));
    for (const { recipients, third_countries, legal_basis } of record.activities)
      expect([recipients, third_countries, legal_basis]).toEqual([null, null, null]);
    const page = recordAsMarkdown(record).join('\n');
    expect(page).toContain('- data protection officer: (to be filled in)');
    expect(page).toContain('| sms | to | body (body), note (note) | no limit set |');
  });
});
