import type mongoose from 'mongoose';
import { DEMO_ACCOUNT, demoForms } from '../demo-records.ts';
import { shorten } from './client.ts';

type Row = mongoose.mongo.WithId<mongoose.mongo.Document>;

/** Where a collection of the demo data holds the person's number, and what of a record is shown. */
interface View {
  readonly path: string;
  tell(row: Row): readonly unknown[];
}

const VIEWS = {
  contacts: { path: 'number', tell: (row) => [row.number, row.name] },
  contact_lists: { path: 'contacts.number', tell: (row) => [`${row.name}: ${row.contacts.length} contacts`] },
  sent_sms: { path: 'to', tell: (row) => [row.message_id, row.to, row.body] },
  received_sms: { path: 'from', tell: (row) => [row.message_id, row.from, row.body] },
  calls: {
    path: 'from',
    tell: (row) => [row.call_id, row.from, row.caller_name, row.transcript?.[0], `recording: ${row.recording_url}`],
  },
  chats: { path: 'number', tell: (row) => [row.chat_id, row.number, row.name, row.messages?.[0], row.visitor?.ip] },
} as const satisfies Record<string, View>;

type ViewName = keyof typeof VIEWS;

/** Records found on a number, by id: they can be read again when the number is gone from them. */
export interface Holding {
  readonly ids: ReadonlyMap<ViewName, readonly Row['_id'][]>;
  /** How many records. */
  readonly size: number;
}

const LINES = 2;
const WIDTH = 60;

/** What the demo platform holds on a number, in whichever form it is stored. @param number digits with the country code */
export async function findHolding(db: mongoose.mongo.Db, number: string, names: readonly ViewName[]): Promise<Holding> {
  const forms = demoForms(number);
  const ids = new Map<ViewName, Row['_id'][]>();
  for (const name of names) {
    const filter = { account_id: DEMO_ACCOUNT, [VIEWS[name].path]: { $in: forms } };
    const rows = await db
      .collection(name)
      .find(filter, { projection: { _id: 1 } })
      .sort({ _id: 1 })
      .toArray();
    ids.set(
      name,
      rows.map((row) => row._id),
    );
  }
  return { ids, size: [...ids.values()].reduce((sum, list) => sum + list.length, 0) };
}

/** Shows the first records of each collection as they are now. */
export async function printHolding(
  db: mongoose.mongo.Db,
  { ids }: Holding,
  title: string,
  print: (line: string) => void,
): Promise<void> {
  print(`\n${title}`);
  for (const [name, list] of ids) {
    const rows = await db
      .collection(name)
      .find({ _id: { $in: [...list] } })
      .sort({ _id: 1 })
      .toArray();
    print(`  ${name}: ${rows.length}`);
    const view: View = VIEWS[name];
    for (const row of rows.slice(0, LINES)) print(`    ${view.tell(row).map(tellValue).join('  ')}`);
  }
}

function tellValue(value: unknown): string {
  return value === null || value === undefined ? '-' : shorten(String(value), WIDTH);
}
