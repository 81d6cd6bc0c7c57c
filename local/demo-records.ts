import { readFile } from 'node:fs/promises';
import mongoose from 'mongoose';
import { createDemoIndexes } from './demo-indexes.ts';
import { demoTransactions } from './demo-transactions.ts';

type Db = mongoose.mongo.Db;
type Row = Record<string, unknown>;

/** What the demo platform's records hold in their account field. */
export const DEMO_ACCOUNT = 'demo-platform';
/** The account's own number, which every erasure keeps. */
const OWN_NUMBER = '447700900999';
export const DEMO_PEOPLE = 200;
/** The first of them have called, too. */
const CALLERS = 60;
const FIRST_NUMBER = 447_700_900_000;
const MINUTE_MS = 60_000;

const NAMES = ['Ada', 'Ben', 'Chloe', 'Dev', 'Ella', 'Finn', 'Grace', 'Hamza', 'Isla', 'Jack'] as const;

/** The number of one of the demo's people, as the API takes it. */
export function demoNumber(person: number): string {
  return String(FIRST_NUMBER + person);
}

/** Every form in which the demo's records may hold a number. @param number digits with the country code */
export function demoForms(number: string): (string | number)[] {
  return [number, `+${number}`, `00${number}`, `0${number.slice(2)}`, Number(number)];
}

/** The name of the file with a person's call, where there is one. */
export function demoRecording(person: number): string | null {
  return person < CALLERS && person % 2 === 0 ? `call-${person}.wav` : null;
}

/** Every recording's name. */
export const DEMO_RECORDINGS: readonly string[] = Array.from({ length: CALLERS }, (_, person) =>
  demoRecording(person),
).flatMap((name) => (name === null ? [] : [name]));

/** The same number in the ways platforms come to store it; which one depends on the record. */
function asStored(person: number, turn: number): unknown {
  const number = demoNumber(person);
  const ways = [number, `+${number}`, `0${number.slice(2)}`, mongoose.mongo.Long.fromString(number), `00${number}`];
  return ways[turn % ways.length];
}

/**
 * Fills a database with a platform's records: real message texts, sent to and received from 200 people. What an
 * earlier load left is replaced.
 * @returns how many records were written
 */
export async function loadDemoRecords(db: Db, now: Date): Promise<number> {
  const before = (minutes: number) => new Date(now.getTime() - minutes * MINUTE_MS);
  const account = { account_id: DEMO_ACCOUNT };
  const rows: Record<string, Row[]> = {
    ...demoContacts(),
    ...demoMessages(await readTexts(), before),
    ...demoConversations(before),
    ...demoTransactions({ ownNumber: OWN_NUMBER, asStored, before }),
    scheduled_sms: [],
    blacklist: [],
  };
  await createDemoIndexes(db);
  let written = 0;
  for (const [collection, list] of Object.entries(rows)) {
    await db.collection(collection).deleteMany(account);
    const owned = list.map((row) => ({ ...account, ...row }));
    if (owned.length > 0) written += (await db.collection(collection).insertMany(owned)).insertedCount;
  }
  return written;
}

/** A moment so many minutes ago. */
type Before = (minutes: number) => Date;

const EVERYBODY = Array.from({ length: DEMO_PEOPLE }, (_, person) => person);
const LISTS = 4;

function demoContacts(): Record<string, Row[]> {
  const contact = (person: number, turn: number): Row => ({
    number: asStored(person, turn),
    name: `${NAMES[person % NAMES.length]} ${String.fromCharCode(65 + (person % 26))}.`,
    email: `person${person}@example.org`,
    custom: { since: 2020 + (person % 6) },
  });
  return {
    contacts: EVERYBODY.map((person) => ({ list_id: person % LISTS, ...contact(person, person) })),
    contact_lists: Array.from({ length: LISTS }, (_, list) => ({
      name: `Newsletter ${list + 1}`,
      contacts: EVERYBODY.filter((person) => person % LISTS === list).map((person) => contact(person, person + list)),
    })),
  };
}

/** Each text is a message, sent or received, of one person after the other. */
function demoMessages(texts: readonly string[], before: Before): Record<'sent_sms' | 'received_sms', Row[]> {
  const rows: Record<'sent_sms' | 'received_sms', Row[]> = { sent_sms: [], received_sms: [] };
  texts.forEach((body, index) => {
    const person = index % DEMO_PEOPLE;
    const number = asStored(person, person + Math.floor(index / DEMO_PEOPLE));
    const at = before(index * 7);
    if (index % 3 === 0)
      rows.received_sms.push({ message_id: `r-${index}`, from: number, to: OWN_NUMBER, body, received_at: at });
    else
      rows.sent_sms.push({
        message_id: `s-${index}`,
        to: number,
        from: 'ACME',
        body,
        status: 'delivered',
        sent_at: at,
      });
  });
  return rows;
}

/** Calls, chats and forms of some of the people. */
function demoConversations(before: Before): Record<string, Row[]> {
  return {
    calls: EVERYBODY.slice(0, CALLERS).map((person) => ({
      call_id: `call-${person}`,
      direction: person % 2 === 0 ? 'inbound' : 'outbound',
      from: person % 2 === 0 ? asStored(person, person) : OWN_NUMBER,
      to: person % 2 === 0 ? OWN_NUMBER : asStored(person, person),
      started_at: before(person * 11),
      status: 'answered',
      caller_name: NAMES[person % NAMES.length],
      transcript: ['Hello, this is about my order.', 'It has not come yet.'],
      recording_url: demoRecording(person),
    })),
    chats: EVERYBODY.slice(0, 20).map((person) => ({
      chat_id: `chat-${person}`,
      number: asStored(person, person),
      tracking_number: OWN_NUMBER,
      name: NAMES[person % NAMES.length],
      messages: ['Hello, is anybody there?', 'Yes, how can we help?'],
      tags: person % 2 === 0 ? ['sales'] : ['support'],
      visitor: { ip: `192.0.2.${person + 1}` },
      status: 'closed',
      source: 'website',
      started_at: before(person * 97),
    })),
    forms: EVERYBODY.slice(20, 40).map((person) => ({
      form_id: `form-${person}`,
      number: asStored(person, person),
      tracking_number: OWN_NUMBER,
      name: NAMES[person % NAMES.length],
      email: `person${person}@example.org`,
      answers: { question: 'When do you open?' },
      status: 'submitted',
      source: 'website',
      submitted_at: before(person * 131),
    })),
  };
}

async function readTexts(): Promise<string[]> {
  const file = await readFile(new URL('./demo-data/sms-messages.tsv', import.meta.url), 'utf8');
  return file
    .split('\n')
    .map((line) => line.slice(line.indexOf('\t') + 1).trim())
    .filter((text) => text !== '');
}
