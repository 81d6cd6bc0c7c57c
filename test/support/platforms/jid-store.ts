import { BLACKLIST, BRAM, base64, type DataSet, ORLA } from './data-set.ts';

const jid = (number: string) => `${number}@s.whatsapp.net`;
const GROUP = '120363041234567890@g.us';
const key = (remoteJid: string, more: object = {}) => ({ id: 'BAE5F0', fromMe: false, remoteJid, ...more });

/** What a WhatsApp client of its own keeps: addresses in place of numbers, groups, mentions, session keys by address. */
export const jidStore: DataSet = {
  account: 'shop-1',
  map: `
version: 2
countries: [GB]
account: owner
collections:
  - collection: contacts
    record: contact
    numbers: [ { path: id, forms: [ whatsapp ] } ]
    fields: [ { path: pushName, category: name } ]
  - collection: chats
    record: chat
    numbers: [ { path: id, forms: [ whatsapp ] } ]
    fields: [ { path: name, category: name } ]
  - collection: messages
    record: message
    numbers:
      - { path: key.remoteJid, forms: [ whatsapp ] }
      - { path: key.participant, forms: [ whatsapp ] }
      - { path: message.extendedTextMessage.contextInfo.participant, forms: [ whatsapp ], own: false }
      - { path: "message.extendedTextMessage.contextInfo.mentionedJid[]", forms: [ whatsapp ], own: false }
    fields:
      - { path: pushName, category: name }
      - { path: message.conversation, category: body }
      - { path: message.extendedTextMessage.text, category: body }
      - { path: message.contactMessage, category: body }
    id: key.id
    at: { path: messageTimestamp, unit: s }
    direction: { path: key.fromMe, outbound: true, inbound: false }
  - collection: groups
    record: other
    numbers: [ { path: "participants[].id", forms: [ whatsapp ] }, "names.{key}" ]
    fields: [ { path: "participants[].notify", category: name }, { path: "names.{key}", category: name } ]
  - { collection: sessions, record: contact, numbers: [ { path: _id, forms: [ "session-{number}.*" ] } ] }
  ${BLACKLIST}
`,
  records: {
    contacts: [
      { _id: 1, owner: 'shop-1', id: jid(ORLA), pushName: 'Orla Quillfeather' },
      { _id: 2, owner: 'shop-1', id: jid(BRAM), pushName: 'Bram' },
      { _id: 3, owner: 'shop-1', id: `${ORLA}:12@s.whatsapp.net`, pushName: 'Orla' },
    ],
    chats: [
      { _id: 1, owner: 'shop-1', id: jid(ORLA), name: 'Orla', unread: 2 },
      { _id: 2, owner: 'shop-1', id: GROUP, name: 'OTHER group', unread: 0 },
    ],
    messages: [
      {
        _id: 1,
        owner: 'shop-1',
        key: key(jid(ORLA)),
        pushName: 'Orla',
        message: { conversation: 'QUILL' },
        messageTimestamp: 1_790_000_000,
      },
      {
        _id: 2,
        owner: 'shop-1',
        key: key(jid(ORLA), { fromMe: true }),
        message: { extendedTextMessage: { text: 'QUILL' } },
        messageTimestamp: 1_790_000_001,
      },
      {
        _id: 3,
        owner: 'shop-1',
        key: key(GROUP, { participant: jid(ORLA) }),
        pushName: 'Orla',
        message: { conversation: 'QUILL to all' },
        messageTimestamp: 1_790_000_002,
      },
      {
        ...{
          _id: 4,
          owner: 'shop-1',
          key: key(GROUP, { participant: jid(BRAM) }),
          pushName: 'Bram',
          messageTimestamp: 1_790_000_003,
        },
        message: {
          extendedTextMessage: {
            text: `@${ORLA} come, too`,
            contextInfo: { participant: jid(ORLA), mentionedJid: [jid(BRAM), jid(ORLA)] },
          },
        },
      },
      {
        ...{ _id: 5, owner: 'shop-1', key: key(jid(ORLA), { id: 'BAE5F1' }), messageTimestamp: 1_790_000_004 },
        message: {
          contactMessage: {
            displayName: 'Orla',
            vcard: `BEGIN:VCARD\nFN:Orla\nTEL;waid=${ORLA}:+44 7700 900123\nEND:VCARD`,
          },
        },
      },
      {
        _id: 6,
        owner: 'shop-1',
        key: key(jid(BRAM)),
        pushName: 'Bram',
        message: { conversation: 'OTHER' },
        messageTimestamp: 1_790_000_005,
      },
    ],
    groups: [
      {
        ...{ _id: GROUP, owner: 'shop-1', subject: 'OTHER group' },
        participants: [
          { id: jid(ORLA), admin: null, notify: 'Orla' },
          { id: jid(BRAM), admin: 'admin', notify: 'Bram' },
        ],
        names: { [ORLA]: 'Orla', [BRAM]: 'Bram' },
      },
    ],
    sessions: [
      { _id: `session-${ORLA}.0`, owner: 'shop-1', value: base64('some key of a session') },
      { _id: `session-${BRAM}.0`, owner: 'shop-1', value: base64('some key of a session') },
    ],
  },
  schemas: {
    messages: {
      _id: Number,
      key: { id: String, fromMe: Boolean, remoteJid: String },
      message: Object,
      messageTimestamp: Number,
    },
    groups: {
      _id: String,
      participants: [{ _id: false, id: String, admin: String, notify: String }],
      names: { type: Map, of: String },
    },
    chats: { _id: Number, unread: Number },
  },
};
