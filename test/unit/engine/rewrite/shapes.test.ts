import { describe, expect, it } from '@jest/globals';
import { AL, type EntryInWords, JO, MASK, outcomeOf, rulesOf, run } from './support.ts';

const list: EntryInWords = {
  fate: 'delete',
  elements: 'contacts[]',
  numbers: ['contacts[].number'],
  fields: { 'contacts[].name': 'name' },
};
const sent: EntryInWords = { numbers: ['to'], fields: { body: 'body' } };
const recipients: EntryInWords = { numbers: ['recipients[]'], fields: { body: 'body' } };
const hook: EntryInWords = { numbers: ['payload.from'], fields: { 'payload.text': 'body' } };
const people: EntryInWords = { numbers: ['people[].phones[]'], fields: { 'people[].name': 'name' } };

interface Case {
  entry: EntryInWords;
  before: Record<string, unknown>;
  after: unknown;
}

/** Containers that are not as the map says, and what is left of the person: nothing; and of others: everything. */
const SHAPES: Record<string, Case> = {
  'plain values where objects are mapped': {
    entry: list,
    before: { contacts: [JO, AL, { number: AL, name: 'Al' }] },
    after: { contacts: [AL, { number: AL, name: 'Al' }] },
  },
  'an object by number where a list is mapped': {
    entry: list,
    before: { contacts: { [JO]: { name: 'Jo' }, [AL]: { name: 'Al' } } },
    after: { contacts: { [AL]: { name: 'Al' } } },
  },
  'an object by number in a record that is kept': {
    entry: { ...list, fate: 'keep' },
    before: { contacts: { [JO]: { name: 'Jo' }, [AL]: { name: 'Al' } } },
    after: { contacts: { [MASK]: { name: null }, [AL]: { name: 'Al' } } },
  },
  'several numbers in one text': {
    entry: list,
    before: { contacts: `${JO},${AL}` },
    after: { contacts: `${MASK},${AL}` },
  },
  'one number in a text': { entry: list, before: { contacts: JO }, after: { contacts: MASK } },
  'a list in JSON': {
    entry: list,
    before: { contacts: `[{"number":"${JO}","name":"Jo"}, {"number":"${AL}", "name":"Al"}]` },
    after: { contacts: `[ {"number":"${AL}", "name":"Al"}]` },
  },
  'a list in a list': {
    entry: list,
    before: { contacts: [[{ number: JO, name: 'Jo' }], { number: AL, name: 'Al' }] },
    after: { contacts: [[], { number: AL, name: 'Al' }] },
  },
  'a list in a list beside others': {
    entry: list,
    before: { contacts: [[{ number: JO }, { number: AL, name: 'Al' }], { number: JO }] },
    after: { contacts: [[{ number: AL, name: 'Al' }]] },
  },
  'lists in an element': {
    entry: list,
    before: {
      contacts: [
        { number: [[JO]], name: 'Jo' },
        { number: [[AL]], name: 'Al' },
      ],
    },
    after: { contacts: [{ number: [[AL]], name: 'Al' }] },
  },
  'an object in an element': {
    entry: list,
    before: {
      contacts: [
        { number: { e164: JO }, name: 'Jo' },
        { number: AL, name: 'Al' },
      ],
    },
    after: { contacts: [{ number: AL, name: 'Al' }] },
  },
  'a list for a plain value': {
    entry: sent,
    before: { to: [JO, AL], body: 'hi' },
    after: { to: [MASK, AL], body: '[REDACTED]' },
  },
  'a list in a list for a plain value': {
    entry: sent,
    before: { to: [[JO]], body: 'hi' },
    after: { to: [[MASK]], body: '[REDACTED]' },
  },
  'objects by number for a plain value': {
    entry: sent,
    before: { to: { [JO]: 'sent', [AL]: 'sent' }, body: 'hi' },
    after: { to: { [MASK]: 'sent', [AL]: 'sent' }, body: '[REDACTED]' },
  },
  'a name that is the number': {
    entry: { fate: 'delete', numbers: ['name'] },
    before: { name: [[JO]] },
    after: 'deleted',
  },
  'a list in a list of numbers': {
    entry: recipients,
    before: { recipients: [[JO]], body: 'hi' },
    after: { recipients: [[MASK]], body: '[REDACTED]' },
  },
  'numbers beside a list of numbers': {
    entry: recipients,
    before: { recipients: [AL, [JO, AL]], body: 'hi' },
    after: { recipients: [AL, [MASK, AL]], body: '[REDACTED]' },
  },
  'lists in lists of people': {
    entry: people,
    before: {
      people: [
        { name: 'Jo', phones: [[JO]] },
        { name: 'Al', phones: [[AL], AL] },
      ],
    },
    after: {
      people: [
        { name: null, phones: [[MASK]] },
        { name: 'Al', phones: [[AL], AL] },
      ],
    },
  },
  'people in a list in a list': {
    entry: people,
    before: { people: [[{ name: 'Jo', phones: [JO] }], [{ name: 'Al', phones: [AL] }]] },
    after: { people: [[{ name: null, phones: [MASK] }], [{ name: 'Al', phones: [AL] }]] },
  },
  'JSON for an object': {
    entry: hook,
    before: { payload: `{"from": "${JO}", "text": "hi", "id": 12345678901234567890}` },
    after: { payload: `{"from": "${MASK}", "text": "[REDACTED]", "id": 12345678901234567890}` },
  },
  'objects in lists for an object': {
    entry: hook,
    before: {
      payload: [
        [
          { from: JO, text: 'hi' },
          { from: AL, text: 'Al' },
        ],
      ],
    },
    after: {
      payload: [
        [
          { from: MASK, text: '[REDACTED]' },
          { from: AL, text: 'Al' },
        ],
      ],
    },
  },
  'a key with a dot': {
    entry: hook,
    before: { 'payload.from': JO, 'payload.text': 'hi', payload: { from: AL } },
    after: { 'payload.from': MASK, 'payload.text': '[REDACTED]', payload: { from: AL } },
  },
  'blocked numbers in a list': {
    entry: { numbers: ['blocked[]'] },
    before: { blocked: [[JO], AL] },
    after: { blocked: [[MASK], AL] },
  },
  'one object where a list is mapped': {
    entry: { ...list, fate: 'keep' },
    before: { contacts: { number: JO, name: 'Jo' } },
    after: { contacts: { number: MASK, name: null } },
  },
  'a plain value where an object is mapped': {
    entry: { numbers: ['person.phone'], fields: { 'person.name': 'name' } },
    before: { person: JO },
    after: { person: MASK },
  },
  'a plain value where a list of objects is mapped': {
    entry: { numbers: ['people[].phone'] },
    before: { people: JO },
    after: { people: MASK },
  },
  'people in a list where one is mapped': {
    entry: { numbers: ['person.phone'], fields: { 'person.name': 'name' } },
    before: {
      person: [
        { phone: AL, name: 'Al' },
        { phone: JO, name: 'Jo' },
      ],
    },
    after: {
      person: [
        { phone: AL, name: 'Al' },
        { phone: MASK, name: null },
      ],
    },
  },
  'an index in the map': {
    entry: { numbers: ['phones.0', 'phones.1.value'] },
    before: { phones: [AL, { value: JO, label: 'home' }] },
    after: { phones: [AL, { value: MASK, label: 'home' }] },
  },
};

describe('the shape of a record is not what the map says', () => {
  it.each(Object.entries(SHAPES))('%s', (_, { entry, before, after: expected }) => {
    expect(outcomeOf(before, entry)).toEqual(expected);
  });

  it.each(Object.entries(SHAPES))('%s: nothing is left for a second look', (_, { entry, before }) => {
    const first = run(before, rulesOf([entry]));
    if (first.fate === 'deleted') return;
    expect(JSON.stringify(first.after)).not.toContain('900123');
    expect(run(first.after, rulesOf([entry]))).toMatchObject({ fate: 'unchanged', found: [], failures: [] });
  });
});
