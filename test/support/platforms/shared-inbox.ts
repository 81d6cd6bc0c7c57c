import mongoose from 'mongoose';
import { BLACKLIST, BRAM, type DataSet, Mixed, messageId, ORLA } from './data-set.ts';

const { Long } = mongoose.mongo;

/** An inbox of several channels: whole numbers as ids, children without an account, audiences of several contacts. */
export const sharedInbox: DataSet = {
  account: 3,
  map: `
version: 2
countries: [GB]
account: account_id
collections:
  - collection: contacts
    record: contact
    numbers: [ phone_number, custom_attributes.mobile, { path: "relatives[].phone", own: false } ]
    fields: [ { path: name, category: name }, { path: "relatives[].name", category: name } ]
  - collection: contact_inboxes
    record: other
    numbers: [ { path: source_id, forms: [ twilio, whatsapp ] } ]
    via: { collection: contacts, key: _id, field: contact_id }
  - collection: conversations
    record: chat
    via: { collection: contacts, key: _id, field: contact_id }
    fields: [ { path: meta.sender, category: name }, { path: snippet, category: transcript } ]
  - collection: messages
    record: message
    via: { collection: conversations, key: _id, field: conversation_id }
    fields: [ { path: content, category: body }, { path: "attachments[].title", category: body } ]
  - collection: notes
    record: other
    via: { collection: contacts, key: _id, field: "contact_ids[]" }
    shared: keep
    fields: [ { path: content, category: note } ]
  - collection: campaigns
    record: other
    via: { collection: contacts, key: _id, field: "audience[].id" }
    shared: keep
    fields: [ { path: "audience[].name", category: name }, { path: message, category: body } ]
  - collection: audits
    account: account_id
    record: other
    fields: [ { path: changes, category: other, mask_in_text: true } ]
  ${BLACKLIST}
`,
  records: {
    contacts: [
      { _id: 11, account_id: 3, name: 'Orla Quillfeather', phone_number: `+${ORLA}`, custom_attributes: { plan: 'a' } },
      {
        _id: 12,
        account_id: 3,
        name: 'Bram',
        phone_number: `+${BRAM}`,
        relatives: [{ name: 'Orla', phone: '07700 900123' }],
      },
      {
        _id: 13,
        account_id: Long.fromNumber(3),
        name: 'Orla',
        phone_number: null,
        custom_attributes: { mobile: '(07700) 900123' },
      },
      { _id: 14, account_id: 4, name: 'OTHER tenant', phone_number: `+${BRAM}` },
    ],
    contact_inboxes: [
      { _id: 1, contact_id: 11, source_id: `whatsapp:+${ORLA}` },
      { _id: 2, contact_id: '12', source_id: `whatsapp:+${BRAM}` },
    ],
    conversations: [
      {
        _id: 21,
        contact_id: 11,
        meta: { sender: { name: 'Orla', phone: `+${ORLA}` }, n: 2 },
        snippet: 'QUILL',
        at: 1_790_000_000,
      },
      { _id: 22, contact_id: 12, meta: { sender: { name: 'Bram' } }, snippet: 'OTHER', at: 1_790_000_000 },
      { _id: 23, contact_id: 13, meta: { sender: { name: 'Orla' } }, snippet: 'QUILL', at: 1_790_000_000 },
    ],
    messages: [
      {
        _id: 31,
        conversation_id: 21,
        content: 'QUILL',
        source_id: messageId(ORLA, 'a'),
        attachments: [{ title: 'QUILL.pdf', size: 3 }],
      },
      { _id: 32, conversation_id: '21', content: 'dear Orla, QUILL', attachments: [] },
      { _id: 33, conversation_id: 22, content: 'OTHER', attachments: [{ title: 'OTHER.pdf', size: 4 }] },
      { _id: 34, conversation_id: 22, content: `OTHER: his sister is on +44 7700 900 123` },
      { _id: 35, conversation_id: 23, content: 'QUILL' },
    ],
    notes: [
      { _id: 41, contact_ids: [11], content: 'QUILL' },
      { _id: 42, contact_ids: [12, 11], content: 'OTHER of both' },
    ],
    campaigns: [
      {
        _id: 51,
        audience: [
          { id: 11, name: 'Orla', sent: true },
          { id: 12, name: 'Bram', sent: true },
        ],
        message: 'OTHER of both',
      },
    ],
    audits: [{ _id: 61, account_id: 3, changes: `{"phone_number":[null,"+${ORLA}"],"version":2}` }],
  },
  schemas: {
    contacts: { _id: Number, relatives: [{ name: String, phone: String }], custom_attributes: Mixed },
    conversations: { _id: Number, meta: { sender: Object, n: Number }, snippet: String, at: Number },
    messages: { _id: Number, attachments: [{ title: String, size: Number }] },
    campaigns: {
      _id: Number,
      audience: [{ id: Number, name: String, sent: Boolean }],
      message: { type: String, required: true },
    },
    audits: { _id: Number, changes: String },
  },
};
