import { BLACKLIST, BRAM, type DataSet, messageId, ORLA } from './data-set.ts';

const event = (value: object) => ({
  object: 'account',
  entry: [{ id: 'W1', changes: [{ field: 'messages', value }] }],
});
const contact = (number: string, name: string) => ({ wa_id: number, profile: { name } });
const message = (number: string, body: string) => ({
  ...{ from: number, id: messageId(number, body.slice(-4)), type: 'text', text: { body }, timestamp: '1790000000' },
});
const hook = (sid: string, from: string, more: object) => ({
  ...{ _id: sid, AccountSid: 'AC1', MessageSid: sid, From: from, To: '+447700900001', NumMedia: '0', ...more },
});

/** Webhooks of carriers as they came in: other people's messages in the same record, channels around numbers, raw texts. */
export const storedWebhooks: DataSet = {
  account: 'AC1',
  map: `
version: 2
countries: [GB]
account: AccountSid
collections:
  - collection: events
    record: message
    numbers:
      - "payload.entry[].changes[].value.messages[].from"
      - "payload.entry[].changes[].value.contacts[].wa_id"
      - "payload.entry[].changes[].value.statuses[].recipient_id"
      - "payload.entry[].changes[].value.messages[].contacts[].phones[].phone"
    fields:
      - { path: "payload.entry[].changes[].value.messages[].text.body", category: body }
      - { path: "payload.entry[].changes[].value.contacts[].profile.name", category: name }
      - { path: "payload.entry[].changes[].value.messages[].contacts[].name", category: name }
    json:
      - path: raw
        numbers: [ "entry[].changes[].value.messages[].from", "entry[].changes[].value.contacts[].wa_id" ]
        fields:
          - { path: "entry[].changes[].value.messages[].text.body", category: body }
          - { path: "entry[].changes[].value.contacts[].profile.name", category: name }
  - collection: inbound
    record: message
    numbers: [ { path: From, forms: [ twilio, sip ] }, WaId ]
    fields:
      - { path: Body, category: body }
      - { path: ProfileName, category: name }
      - { path: MediaUrl0, category: other }
      - { path: rawBody, category: other }
    id: MessageSid
    at: { path: ReceivedAt, unit: text }
    products: [ sms ]
    direction: inbound
    redacted: redactedAt
  ${BLACKLIST}
`,
  records: {
    events: [
      {
        _id: 1,
        AccountSid: 'AC1',
        payload: event({ contacts: [contact(ORLA, 'Orla Quillfeather')], messages: [message(ORLA, 'QUILL 1')] }),
      },
      {
        ...{ _id: 2, AccountSid: 'AC1' },
        payload: event({
          contacts: [contact(BRAM, 'Bram'), contact(ORLA, 'Orla')],
          messages: [message(BRAM, 'OTHER 2'), message(ORLA, 'QUILL 2')],
          statuses: [
            { id: messageId(ORLA, 'st'), recipient_id: ORLA },
            { id: messageId(BRAM, 'st'), recipient_id: BRAM },
          ],
        }),
      },
      {
        ...{ _id: 3, AccountSid: 'AC1' },
        payload: event({
          messages: [
            {
              ...{ from: BRAM, id: 'wamid.zz', type: 'contacts' },
              contacts: [
                { name: { formatted_name: 'Orla Quillfeather' }, phones: [{ phone: '+44 7700 900123', type: 'CELL' }] },
              ],
            },
          ],
        }),
      },
      { _id: 4, AccountSid: 'AC1', payload: { entry: [] } },
      {
        _id: 5,
        AccountSid: 'AC1',
        raw: JSON.stringify(
          event({ contacts: [contact(ORLA, 'Orla')], messages: [message(ORLA, 'QUILL 5'), message(BRAM, 'OTHER 5')] }),
        ),
      },
      { _id: 6, AccountSid: 'AC2', payload: event({ messages: [message(ORLA, 'OTHER tenant')] }) },
    ],
    inbound: [
      hook('SM1', `+${ORLA}`, { Body: 'QUILL', ReceivedAt: 'Thu, 01 Oct 2026 10:00:00 +0000' }),
      hook('SM2', `whatsapp:+${ORLA}`, { Body: 'QUILL', WaId: ORLA, ProfileName: 'Orla' }),
      hook('SM3', `sip:+${ORLA}@acme.example;transport=tls`, { Body: '' }),
      hook('SM4', `+${BRAM}`, { Body: 'OTHER' }),
      hook('SM5', `+${ORLA}`, {
        Body: '',
        MediaUrl0: 'https://a.example/QUILL',
        rawBody: `From=%2B${ORLA}&Body=QUILL`,
      }),
    ],
  },
  schemas: {
    events: {
      payload: { object: String, entry: [{ id: String, changes: [{ field: String, value: Object }] }] },
      raw: String,
    },
    inbound: { From: { type: String, required: true }, Body: String, NumMedia: String },
  },
  stays: [`events ${ORLA}`, `events ${messageId(ORLA, 'nant')}`],
};
