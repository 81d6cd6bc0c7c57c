import mongoose from 'mongoose';
import { BLACKLIST, BRAM, type DataSet, ORLA } from './data-set.ts';

const { Binary, Decimal128, Long, UUID } = mongoose.mongo;
const TENANT = new UUID('0e0a1c2d-3b4f-4a5b-8c6d-7e8f90a1b2c3');

/** Calls and leads: numbers as numbers, headers, counts by number, a UUID for a tenant. */
export const callRecords: DataSet = {
  account: TENANT,
  map: `
version: 2
countries: [GB]
account: tenant
collections:
  - collection: calls
    record: call
    numbers:
      - { path: from, type: number }
      - { path: to, type: number }
      - { path: "legs[].to", type: number, own: false }
    fields:
      - { path: caller_name, category: name }
      - { path: "legs[].name", category: name }
      - { path: transcript, category: transcript }
      - { path: tags, category: tag }
      - { path: cost, category: other, strategy: keep }
  - collection: leads
    record: contact
    numbers: [ { path: mobile, type: number }, "phones[].number" ]
    fields: [ { path: name, category: name } ]
  - collection: stats
    record: other
    numbers: [ "sent.{key}", "last.{key}.at" ]
  - collection: verifications
    record: lookup
    numbers: [ number ]
    at: { path: ts, unit: ms }
  ${BLACKLIST}
`,
  records: {
    calls: [
      {
        ...{
          _id: 1,
          tenant: TENANT,
          from: Long.fromString(ORLA),
          to: 447700900001,
          caller_name: 'Orla Quillfeather',
          cost: 1.5,
        },
        ...{ transcript: [{ speaker: 0, text: 'QUILL', at: 0.5 }], tags: ['QUILL'], legs: [] },
        ...{
          headers: { 'X-Caller': `<sip:+${ORLA}@gw.example>`, 'P-Id': `tel:+${ORLA}` },
        },
      },
      {
        ...{ _id: 2, tenant: TENANT, from: Long.fromString(BRAM), to: 447700900001, caller_name: 'Bram', cost: 2 },
        ...{ transcript: [{ speaker: 0, text: 'OTHER', at: 1 }], tags: ['OTHER'] },
        legs: [
          { to: Number(ORLA), name: 'Orla', seconds: 3 },
          { to: 447700900002, name: 'OTHER', seconds: 4 },
        ],
      },
      {
        _id: 3,
        tenant: TENANT,
        from: Decimal128.fromString(`${ORLA}.0`),
        to: null,
        caller_name: '',
        transcript: [],
        tags: null,
        legs: null,
      },
    ],
    leads: [
      { _id: 1, tenant: TENANT, mobile: 7700900123, name: 'Orla' },
      { _id: 2, tenant: TENANT, mobile: null, name: 'Orla', phones: [{ number: `0${ORLA.slice(2)}`, label: 'home' }] },
      { _id: 3, tenant: TENANT, mobile: Number(BRAM), name: 'Bram', phones: [{ number: `+${ORLA}`, label: 'sister' }] },
    ],
    stats: [
      {
        _id: 1,
        tenant: TENANT,
        sent: { [ORLA]: 4, [BRAM]: 2 },
        last: { [`+${ORLA}`]: { at: 1 }, [`+${BRAM}`]: { at: 2 } },
      },
    ],
    verifications: [
      {
        _id: 1,
        tenant: TENANT,
        number: ORLA,
        ts: 1_790_000_000_000,
        payload: new Binary(Buffer.from(`to=${ORLA};n=1`)),
      },
    ],
  },
  schemas: {
    calls: {
      ...{ _id: Number, from: Number, to: Number, cost: Number, headers: Object },
      transcript: [{ speaker: Number, text: String, at: Number }],
      tags: [String],
      legs: [{ to: Number, name: String, seconds: Number }],
    },
    leads: { _id: Number, mobile: Number, phones: [{ number: String, label: String }] },
    stats: { _id: Number, sent: { type: Map, of: Number } },
    verifications: { _id: Number, number: String, ts: Number, payload: Buffer },
  },
};
