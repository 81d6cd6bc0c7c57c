import { BLACKLIST, BRAM, type DataSet, Mixed, ORLA } from './data-set.ts';

const AT = new Date('2026-10-01T10:00:00Z');

/** Live chat of one tenant: rooms know the visitor, messages the room, and no message any number. */
export const liveChat: DataSet = {
  account: 'everybody',
  map: `
version: 2
countries: [GB]
account: none
collections:
  - collection: visitors
    record: contact
    numbers: [ "phone[].phoneNumber", livechatData.mobile ]
    fields: [ { path: name, category: name } ]
  - collection: rooms
    record: chat
    where: { t: l }
    numbers: [ v.phone, source.destination ]
    via: { collection: visitors, key: _id, field: v._id }
    fields: [ { path: fname, category: name }, { path: lastMessage, category: transcript } ]
  - collection: messages
    record: message
    via: { collection: rooms, key: _id, field: rid }
    fields:
      - { path: msg, category: body }
      - { path: "md[].value", category: body }
      - { path: attachments, category: body }
      - { path: u.name, category: name }
  - collection: inquiries
    record: chat
    via: { collection: rooms, key: _id, field: rid }
    fields: [ { path: name, category: name }, { path: message, category: body } ]
  - collection: surveys
    record: other
    via: { collection: visitors, key: "answers[]", field: _id }
    fields: [ { path: text, category: note } ]
  ${BLACKLIST}
`,
  records: {
    visitors: [
      {
        ...{
          _id: 'v1',
          name: 'Orla Quillfeather',
          phone: [{ phoneNumber: `+${ORLA}` }, { phoneNumber: '01632 960000' }],
        },
        ...{ livechatData: { mobile: '07700900123' }, answers: ['s1'] },
      },
      { _id: 'v2', name: 'Orla', phone: null, livechatData: { mobile: '07700 900 123' } },
      { _id: 'v3', name: 'Bram', phone: [{ phoneNumber: `+${BRAM}` }], answers: ['s2'] },
      { _id: 'v4', name: 'Orla, new', phone: [{ phoneNumber: `+${ORLA}` }] },
    ],
    rooms: [
      {
        ...{ _id: 'r1', t: 'l', fname: 'Orla Quillfeather', v: { _id: 'v1', phone: `+${ORLA}` }, ts: AT, msgs: 2 },
        ...{ source: { type: 'sms', destination: `+${ORLA}` }, lastMessage: { msg: 'QUILL', u: { name: 'Orla' } } },
      },
      { _id: 'r2', t: 'l', fname: 'Orla', v: { _id: 'v2' }, lastMessage: { msg: 'QUILL r2' }, ts: AT, msgs: 1 },
      { _id: 'r3', t: 'l', fname: 'Bram', v: { _id: 'v3', phone: `+${BRAM}` }, lastMessage: { msg: 'OTHER' }, msgs: 1 },
      { _id: 'r4', t: 'c', fname: 'OTHER team', msgs: 1 },
    ],
    messages: [
      {
        ...{ _id: 'm1', rid: 'r1', msg: 'QUILL m1', u: { _id: 'v1', name: 'Orla Quillfeather' }, ts: AT },
        ...{ md: [{ type: 'PARAGRAPH', value: [{ type: 'TEXT', value: 'QUILL m1' }] }] },
        ...{ attachments: [{ title: 'Orla.vcf', text: `TEL:+${ORLA}` }] },
      },
      { _id: 'm2', rid: 'r1', msg: 'dear Orla QUILL', u: { _id: 'agent', name: 'Agent' }, ts: AT },
      { _id: 'm3', rid: 'r2', msg: 'QUILL m3', u: { _id: 'v2' }, ts: AT },
      { _id: 'm4', rid: 'r3', msg: 'OTHER m4', u: { _id: 'v3', name: 'Bram' }, md: [], ts: AT },
      { _id: 'm5', rid: 'r4', msg: 'OTHER asks who 07700-900-123 is', ts: AT },
    ],
    inquiries: [{ _id: 'i1', rid: 'r1', name: 'Orla Quillfeather', message: 'QUILL', v: { phone: `+${ORLA}` } }],
    surveys: [
      { _id: 's1', text: 'QUILL', stars: 5 },
      { _id: 's2', text: 'OTHER', stars: 1 },
    ],
  },
  schemas: {
    rooms: {
      t: { type: String, required: true },
      lastMessage: { type: Object },
      source: { destination: String },
      msgs: Number,
    },
    messages: {
      u: { name: String },
      md: [{ type: { type: String, enum: ['PARAGRAPH'] }, value: Mixed }],
      attachments: [{ title: String, text: String }],
      ts: { type: Date, required: true },
    },
    surveys: { text: String, stars: Number },
  },
};
