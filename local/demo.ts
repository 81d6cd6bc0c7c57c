import { join } from 'node:path';
import { DEMO_ACCOUNT, demoNumber } from './demo-records.ts';
import { becomesTrue } from './process.ts';
import { openStage, type Stage } from './stage.ts';

const PERSON = 42;
const PATIENCE_MS = 60_000;
const SHOWN = [
  ['contacts', 'number', 'name'],
  ['contact_lists', 'contacts.number', 'name'],
  ['sent_sms', 'to', 'body'],
  ['received_sms', 'from', 'body'],
  ['calls', 'from', 'caller_name'],
  ['blacklist', 'number', 'masked'],
] as const;

/** `npm run demo`: one forget from submit to "removed", with the records before and after. */
async function main(): Promise<void> {
  const print = (line: string) => console.log(line);
  // A stage of its own, begun anew each time: the demo must not erase what somebody tries out with npm start.
  const stage = await openStage({
    folder: join(process.cwd(), '.lethe', 'demo'),
    port: 0,
    print,
    env: { ...process.env, MONGODB_DATABASE: `demo_${Date.now()}` },
  });
  try {
    await show(stage, print);
  } finally {
    await stage.db.dropDatabase();
    await stage.stop();
  }
}

async function show(stage: Stage, print: (line: string) => void): Promise<void> {
  const number = Number(demoNumber(PERSON));
  print(`\nBefore: what the platform holds on ${number}`);
  const ids = await findIds(stage, number);
  await printRecords(stage, ids, print);

  print(`\nPOST /gdpr/forget {"number": ${number}}`);
  const accepted = await call(stage, '/gdpr/forget', { number });
  print(JSON.stringify(accepted));
  let status: Record<string, unknown> = {};
  const removed = await becomesTrue(async () => {
    status = await call(stage, '/gdpr/status', { reference: accepted.reference });
    return status.state === 'completed';
  }, PATIENCE_MS);
  print(`\nPOST /gdpr/status {"reference": "${accepted.reference}"}`);
  print(JSON.stringify({ ...status, requests: undefined, total: undefined }));
  if (!removed) throw new Error('the number was not removed in time');

  print('\nAfter: the same records');
  await printRecords(stage, ids, print);
  print(`\nPOST /blacklist/check -> ${JSON.stringify(await call(stage, '/blacklist/check', { number }))}`);
}

async function call(stage: Stage, path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(stage.apiUrl + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${stage.key}` },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

type Ids = Map<string, unknown[]>;

async function findIds(stage: Stage, number: number): Promise<Ids> {
  const digits = String(number);
  const forms = [digits, `+${digits}`, `00${digits}`, `0${digits.slice(2)}`, number];
  const ids: Ids = new Map();
  for (const [collection, path] of SHOWN) {
    const rows = await stage.db
      .collection(collection)
      .find({ account_id: DEMO_ACCOUNT, [path]: { $in: forms } })
      .toArray();
    ids.set(
      collection,
      rows.map((row) => row._id),
    );
  }
  return ids;
}

async function printRecords(stage: Stage, ids: Ids, print: (line: string) => void): Promise<void> {
  for (const [collection, path, field] of SHOWN) {
    const filter =
      collection === 'blacklist'
        ? { account_id: DEMO_ACCOUNT }
        : { _id: { $in: (ids.get(collection) ?? []) as never[] } };
    const rows = await stage.db.collection(collection).find(filter).limit(3).toArray();
    const total = await stage.db.collection(collection).countDocuments(filter);
    const lines = rows.map((row) =>
      path.includes('.')
        ? `${row[field]}: ${row.contacts.length} contacts`
        : `${String(row[path])}  ${String(row[field] ?? '').slice(0, 60)}`,
    );
    print(`  ${collection}: ${total}${lines.map((line) => `\n    ${line}`).join('')}`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
