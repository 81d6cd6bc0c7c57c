import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { parseDataMap } from '../../../../src/engine/map/load.ts';
import { profileFor } from '../../../../src/engine/map/profile.ts';
import { erasedPaths, linkRecord, plantRecord } from '../../../../src/ops/drill/plant.ts';
import { entriesOf, isAbout, isIgnored } from '../../../../src/ops/map-view.ts';
import { phoneNumber } from '../../../support/numbers.ts';

const NUMBER = phoneNumber('447700900123');
const LIST = { collection: 'blacklist', record: 'suppression', account: 'tenant', numbers: ['number'] };

const mapOf = (collections: object[], more: object = {}) =>
  parseDataMap(JSON.stringify({ version: 2, account: 'tenant', ...more, collections: [...collections, LIST] }), 'map');

const OPTIONS = { run: 'abcdefghijkl', account: 'acme', number: NUMBER, text: 'Drill', now: new Date('2026-03-02') };

function plant(entry: object, path?: string, serial = 0) {
  const map = mapOf([{ collection: 'chats', record: 'message', ...entry }]);
  const [view] = entriesOf(map);
  if (view === undefined) throw new Error('no entry');
  const place = view.numbers.find((one) => one.path === path);
  const planted = plantRecord(view, place && { place, shape: { name: 'plain', value: NUMBER } }, serial, OPTIONS);
  return { ...planted, erased: erasedPaths(planted, profileFor('forget', map)) };
}

describe('plantRecord', () => {
  it('makes a record that the entry is about: where, unit, direction and product', () => {
    const entry = {
      numbers: ['to'],
      where: { kind: ['in', 'out'] },
      id: 'sid',
      at: { path: 'ts', unit: 's' },
      direction: { path: 'fromMe', outbound: [true], inbound: [false] },
      products: { path: 'channel', values: { messages: ['whatsapp'] } },
    };
    expect(plant(entry, 'to').document).toMatchObject({
      ...{ kind: 'in', ts: 1_772_323_200, fromMe: false, channel: 'whatsapp', tenant: 'acme', to: NUMBER },
    });
    expect(plant(entry, 'to', 1).document).toMatchObject({ fromMe: true });
  });

  it('puts the number and the words into JSON', () => {
    const { document, erased } = plant({
      json: [{ path: 'raw', numbers: ['from'], fields: [{ path: 'text', category: 'body' }] }],
      numbers: ['to'],
    });
    expect(JSON.parse(document.raw)).toEqual({ from: `+${NUMBER}`, text: 'Drill' });
    expect(erased).toEqual(['raw']);
  });

  it("expects nothing of what stays: mentions' texts, others' numbers, other elements", () => {
    const fields = [
      { path: 'body', category: 'body' },
      { path: 'note', category: 'note', mask_in_text: true },
      { path: 'people[].name', category: 'name' },
    ];
    const entry = { numbers: ['to', 'people[].phone', { path: 'agent', own: false }], fields };
    expect(plant(entry, 'to').erased).toEqual(['body']);
    expect(plant(entry, 'people[].phone').erased).toEqual(['body', 'people[].name']);
    expect(plant(entry, 'agent').erased).toEqual([]);
  });

  it('puts a field that may stand anywhere into every shape, and expects all of them to go', () => {
    const { document, erased } = plant(
      { numbers: ['to'], fields: [{ path: 'caption', category: 'body', anywhere: true }] },
      'to',
    );
    const field = { caption: 'Drill' };
    expect(document).toMatchObject(field);
    expect(document.drill_scattered).toEqual({
      captions: {
        object: { inner: field },
        list: [field, [field]],
        keys: { 'p-1': field },
        json: JSON.stringify({ inner: [field] }),
      },
    });
    expect(erased).toEqual(['caption', 'drill_scattered.captions']);
  });

  it('ties a record to the one it belongs to, either way', () => {
    const parent = { collection: 'contacts', record: 'other', numbers: ['phone'] };
    const link = (via: object) => {
      const child = { collection: 'notes', record: 'message', via: { collection: 'contacts', ...via } };
      const [one, other] = entriesOf(mapOf([parent, child])).map((view) => plantRecord(view, undefined, 0, OPTIONS));
      if (!one || !other) throw new Error('no entries');
      return { changed: linkRecord(other, one), parent: one.document, child: other.document };
    };
    const plain = link({ key: '_id', field: 'contactId' });
    expect(plain).toMatchObject({ changed: false, child: { contactId: plain.parent._id } });
    const listed = link({ key: 'notes[]', field: '_id' });
    expect(listed).toMatchObject({ changed: true, parent: { notes: [listed.child._id] } });
    const named = link({ key: 'chat.id', field: 'chat', form: 'chat-{key}' });
    expect(named).toMatchObject({ changed: true, parent: { chat: { id: named.parent._id } } });
    expect(named.child.chat).toBe(`chat-${named.parent._id}`);
    const referring = link({ key: '_id', field: 'contact.$id' });
    expect(referring.child.contact).toEqual(new mongoose.mongo.DBRef('contacts', referring.parent._id));
  });
});

describe('the view of a map', () => {
  it('knows collections by the account in their name, in their database, and what is ignored', () => {
    const map = mapOf(
      [
        { collection: 'chats_{account}', record: 'message', name: 'chats', numbers: ['to'] },
        { collection: 'old', database: 'archive', record: 'message', numbers: ['to'] },
      ],
      { ignore: [{ collection: 'sessions', reason: 'no personal data' }] },
    );
    const [chats, old] = entriesOf(map);
    if (!chats || !old) throw new Error('no entries');
    expect(isAbout(chats, { collection: 'chats_acme' })).toBe(true);
    expect(isAbout(chats, { collection: 'chats_' })).toBe(false);
    expect(isAbout(old, { collection: 'old' })).toBe(false);
    expect(isAbout(old, { database: 'archive', collection: 'old' })).toBe(true);
    expect([isIgnored(map, 'sessions'), isIgnored(map, 'chats_acme')]).toEqual([true, false]);
  });
});
