import { createDemoIndexes } from '../../local/demo-indexes.ts';
import type { Db } from './types.ts';

/** Indexes a platform has on its own collections, as the default data map wants them. */
export const indexPlatform: (db: Db) => Promise<void> = createDemoIndexes;

export interface RecordCounts {
  contacts?: number;
  lists?: number;
  sent?: number;
  received?: number;
  calls?: number;
}

const OWN_NUMBER = '447700900999';

/** Records on a number, and beside each one that must stay as it is: another person's, on the same account. */
export async function insertRecords(
  db: Db,
  account: unknown,
  number: string | object,
  counts: RecordCounts,
  other = '447700900555',
): Promise<void> {
  const many = <Row>(count: number | undefined, make: (index: number) => Row) =>
    Array.from({ length: count ?? 0 }, (_, index) => make(index));
  const at = new Date('2026-01-01T00:00:00Z');
  const put = async (collection: string, rows: object[]) => {
    for (let from = 0; from < rows.length; from += 5_000)
      await db.collection(collection).insertMany(rows.slice(from, from + 5_000));
  };
  await put(
    'contacts',
    many(counts.contacts, () => ({
      account_id: account,
      list_id: 1,
      number,
      name: 'Jo Bloggs',
      email: 'jo@example.org',
      custom: { city: 'Leeds' },
    })),
  );
  await put(
    'contact_lists',
    many(counts.lists, (index) => ({
      account_id: account,
      name: `List ${index}`,
      contacts: [
        { number: other, name: 'Other', email: 'o@example.org', custom: {} },
        { number, name: 'Jo Bloggs', email: 'jo@example.org', custom: {} },
      ],
    })),
  );
  await put(
    'sent_sms',
    many(counts.sent, (index) => ({
      account_id: account,
      message_id: `s${index}`,
      to: number,
      from: 'ACME',
      body: `Hi Jo, message ${index}`,
      status: 'delivered',
      sent_at: at,
    })),
  );
  await put(
    'received_sms',
    many(counts.received, (index) => ({
      account_id: account,
      message_id: `r${index}`,
      from: number,
      to: OWN_NUMBER,
      body: `Reply ${index} from Jo`,
      received_at: at,
    })),
  );
  await put(
    'calls',
    many(counts.calls, (index) => ({
      account_id: account,
      call_id: `c${index}`,
      direction: index % 2 === 0 ? 'inbound' : 'outbound',
      from: index % 2 === 0 ? number : OWN_NUMBER,
      to: index % 2 === 0 ? OWN_NUMBER : number,
      started_at: at,
      status: 'answered',
      transcript: ['hello', 'this is Jo'],
      recording_url: 'file:///r.mp3',
    })),
  );
}
