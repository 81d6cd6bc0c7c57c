import { describe, expect, it } from '@jest/globals';
import { scene } from '../support/chaos.ts';
import { unhurried } from '../support/limits.ts';
import { insertRecords } from '../support/records.ts';
import { waitFor } from '../support/wait-for.ts';

describe('records that come while their number is erased', () => {
  it(
    'into collections that are swept already: erased and counted before the request is completed',
    scene(
      'late',
      async (chaos) => {
        const person = await chaos.person({ contacts: 2, lists: 1, sent: 500, calls: 3 });
        const reference = await chaos.submit(person);
        await chaos.processes.worker(chaos.env);
        await waitFor('contacts to be swept', async () => (await chaos.row(reference))?.erased.contacts === 2);
        const at = person.account.records_id;
        await insertRecords(
          chaos.db,
          at,
          person.number,
          { contacts: 1, lists: 1, received: 2, calls: 1 },
          '447700900956',
        );
        expect((await chaos.row(reference))?.state).toBe('sweeping');
        await chaos.completed(reference);
        await chaos.expectErased(person, reference, {
          contacts: 3,
          contact_lists: 2,
          sent_sms: 500,
          received_sms: 2,
          calls: 4,
        });
      },
      { BATCH_SIZE: '48', BATCH_PAUSE_MS: '50' },
    ),
  );

  it(
    'from a scheduled message that is sent meanwhile: the request waits for it, and for what it leaves behind',
    scene(
      'late-scheduled',
      async (chaos) => {
        const person = await chaos.person({ contacts: 1, sent: 3 });
        const at = { account_id: person.account.records_id };
        await chaos.processes.worker(chaos.env);
        const sendAt = new Date(Date.now() + unhurried(4_000));
        const message = {
          ...at,
          to: person.number,
          body: 'Your parcel comes at noon',
          status: 'pending',
          send_at: sendAt,
        };
        const { insertedId } = await chaos.db.collection('scheduled_sms').insertOne(message);
        const reference = await chaos.submit(person);
        await waitFor('the request to wait', async () => (await chaos.row(reference))?.state === 'waiting');
        expect(await chaos.db.collection('scheduled_sms').findOne({ _id: insertedId })).toEqual({
          ...message,
          _id: insertedId,
        });

        // What a sender does: it waits for the time, marks the message, and writes what was sent.
        await waitFor('the message to be due', () => Date.now() >= sendAt.getTime());
        await chaos.db.collection('scheduled_sms').updateOne({ _id: insertedId }, { $set: { status: 'sent' } });
        await insertRecords(chaos.db, at.account_id, person.number, { sent: 1 });
        expect((await chaos.row(reference))?.state).not.toBe('completed');
        await chaos.completed(reference);
        await chaos.expectErased(person, reference, { contacts: 1, sent_sms: 4, scheduled_sms: 1 });
        const scheduled = await chaos.db.collection('scheduled_sms').findOne({ _id: insertedId });
        expect(scheduled).toMatchObject({ status: 'sent', send_at: sendAt, body: '[REDACTED]' });
      },
      // Longer than it may take between the two writes of the sender.
      { SCHEDULED_SETTLE_MS: String(unhurried(5_000)) },
    ),
  );
});
