import mongoose from 'mongoose';
import { BLACKLIST, BRAM, base64, type DataSet, Mixed, ORLA } from './data-set.ts';

const { ObjectId } = mongoose.mongo;
const id = (serial: number) => new ObjectId(`64c0000000000000000000${String(serial).padStart(2, '0')}`);
const [TENANT, OTHER_TENANT] = [id(90), id(91)];
const AT = new Date('2026-10-01T10:00:00Z');

/** Telephones that send and receive for web customers: one collection for both directions, hooks known by their message. */
export const phoneGateway: DataSet = {
  account: TENANT,
  map: `
version: 2
countries: [GB]
account: { path: user, types: [ objectid, string ] }
collections:
  - { collection: contacts, record: contact, numbers: [ phone ] }
  - collection: imports
    record: form
    numbers: [ content ]
    fields: [ { path: content, category: form } ]
  - collection: batches
    record: message
    numbers: [ preview, "recipients[]" ]
    fields: [ { path: message, category: body, only_if_alone: true } ]
  - collection: sms
    name: sms_sent
    where: { type: SENT }
    record: message
    numbers: [ recipient ]
    fields: [ { path: message, category: body }, { path: error, category: note }, { path: meta, category: custom } ]
    id: _id
    at: at
    products: [ sms ]
    direction: outbound
    redacted: redacted_at
  - collection: sms
    name: sms_received
    where: { type: RECEIVED }
    record: message
    numbers: [ sender ]
    fields: [ { path: message, category: body } ]
    id: _id
    at: at
    products: [ sms ]
    direction: inbound
    redacted: redacted_at
  - collection: hooks
    record: message
    via: { collection: sms_received, key: _id, field: sms }
    fields: [ { path: payload.message, category: body } ]
  - { collection: accesslogs, record: other, fields: [ { path: url, category: other, mask_in_text: true } ] }
  ${BLACKLIST}
`,
  records: {
    contacts: [
      { _id: id(1), user: TENANT, name: 'Orla Quillfeather', phone: `+${ORLA}` },
      { _id: id(2), user: TENANT.toHexString(), name: 'Orla', phone: '07700-900-123' },
      { _id: id(3), user: TENANT, name: 'Bram', phone: `+${BRAM}` },
      { _id: id(4), user: OTHER_TENANT, name: 'Orla elsewhere', phone: `+${ORLA}` },
    ],
    imports: [
      { _id: id(5), user: TENANT, content: base64(`name,phone\nOrla Quillfeather,+${ORLA}\nAnn,+447700900789\n`) },
    ],
    batches: [
      { _id: id(6), user: TENANT, message: 'QUILL alone', preview: `+${ORLA}`, recipients: [`+${ORLA}`] },
      { _id: id(7), user: TENANT, message: 'OTHER, too', preview: `+${BRAM}, +${ORLA}, and 3 others`, recipients: [] },
    ],
    sms: [
      { _id: id(10), user: TENANT, type: 'SENT', recipient: `+${ORLA}`, message: 'QUILL out', at: AT },
      { _id: id(11), user: TENANT, type: 'RECEIVED', sender: `+${ORLA}`, message: 'QUILL in', at: AT },
      {
        ...{ _id: id(12), user: TENANT, type: 'SENT', recipient: '+44(0)7700900123', message: 'QUILL failed', at: AT },
        ...{ error: `No route to +${ORLA}`, meta: { raw: { to: '07700900123' } } },
      },
      { _id: id(13), user: TENANT, type: 'SENT', recipient: '07700900123', message: '', at: AT },
      { _id: id(14), user: TENANT, type: 'RECEIVED', sender: `+${BRAM}`, message: 'OTHER in', at: AT },
      {
        ...{ _id: id(15), user: TENANT, type: 'RECEIVED', sender: `+${BRAM}`, at: AT },
        message: 'ring Orla on 07700 900 123',
      },
      { _id: id(16), user: OTHER_TENANT, type: 'SENT', recipient: `+${ORLA}`, message: 'OTHER tenant', at: AT },
    ],
    hooks: [
      {
        ...{ _id: id(20), sms: id(11), payload: { message: 'QUILL in', sender: `+${ORLA}` } },
        ...{ answer: `{"ok":true,"from":"+${ORLA}"}`, url: 'https://a.example/?from=%2B447700900123' },
      },
      { _id: id(21), sms: id(14), payload: { message: 'OTHER in', sender: `+${BRAM}` } },
      { _id: id(22), sms: id(15), payload: { message: 'ring Orla on 07700 900 123', sender: `+${BRAM}` } },
    ],
    accesslogs: [{ _id: id(30), user: TENANT, url: '/v1/messages?search=%2B447700900123', method: 'GET' }],
  },
  schemas: {
    sms: { type: { type: String, enum: ['SENT', 'RECEIVED'], required: true }, message: String, meta: Mixed },
    batches: { recipients: [String], message: { type: String, required: true } },
    hooks: { payload: { message: String, sender: String }, answer: String },
    imports: { content: String },
  },
  stays: [
    ...['contacts Orla elsewhere', `contacts +${ORLA}`, `sms +${ORLA}`],
    ...['sms ring Orla on 44********23', 'hooks ring Orla on 44********23'],
  ],
};
