import type mongoose from 'mongoose';
import { REDACTED_TEXT } from '../src/engine/map/strategies.ts';
import { DEMO_ACCOUNT, DEMO_PEOPLE, demoForms, demoNumber } from './demo-records.ts';

/** What the printed lines are about: people and records of the demo platform that no erasure has touched. */
export interface Samples {
  /** Numbers, each of another person. */
  readonly forget: string;
  readonly contact: string;
  readonly access: string;
  /** Ids of a message and a chat. */
  readonly message: string;
  readonly chat: string;
}

/** The first person who is looked at for each; the others follow in turn. Odd ones have no recording, chats end with 19. */
const FIRST = { forget: 42, contact: 44, access: 46, message: 7, chat: 12 } as const;
const HOUR_MS = 3_600_000;
/** Younger messages cannot be redacted: by default for an hour. */
const MESSAGE_AGE_MS = 2 * HOUR_MS;

/**
 * Chooses samples, a different person for each.
 * @param isForgotten is an erasure of the number asked for, or done?
 * @returns null when not enough is left
 */
export async function chooseSamples(
  db: mongoose.mongo.Db,
  isForgotten: (number: string) => Promise<boolean>,
): Promise<Samples | null> {
  const taken = new Set<number>();
  const choose = async <Found>(first: number, look: (number: string) => Promise<Found | null>) => {
    for (let turn = 0; turn < DEMO_PEOPLE; turn += 1) {
      const person = (first + turn) % DEMO_PEOPLE;
      if (taken.has(person)) continue;
      const number = demoNumber(person);
      const found = await look(number);
      // Asked last: it is a request to the API.
      if (found === null || !(await isUntouched(db, number)) || (await isForgotten(number))) continue;
      taken.add(person);
      return found;
    }
    return null;
  };
  const itself = async (number: string) => number;
  const forget = await choose(FIRST.forget, itself);
  const contact = await choose(FIRST.contact, itself);
  const access = await choose(FIRST.access, itself);
  const message = await choose(FIRST.message, (number) => findMessage(db, number));
  const chat = await choose(FIRST.chat, (number) => findChat(db, number));
  return forget && contact && access && message && chat ? { forget, contact, access, message, chat } : null;
}

/** True when the person is among the contacts, and has messages, none of which lost its text. */
async function isUntouched(db: mongoose.mongo.Db, number: string): Promise<boolean> {
  const forms = { $in: demoForms(number) };
  const contacts = await db.collection('contacts').countDocuments({ account_id: DEMO_ACCOUNT, number: forms });
  const messages = await db
    .collection('sent_sms')
    .find({ account_id: DEMO_ACCOUNT, to: forms }, { projection: { redacted_at: 1, body: 1 } })
    .toArray();
  return contacts > 0 && messages.length > 0 && messages.every((one) => !one.redacted_at && one.body !== REDACTED_TEXT);
}

async function findMessage(db: mongoose.mongo.Db, number: string): Promise<string | null> {
  const found = await db.collection('sent_sms').findOne({
    account_id: DEMO_ACCOUNT,
    to: { $in: demoForms(number) },
    redacted_at: null,
    sent_at: { $lt: new Date(Date.now() - MESSAGE_AGE_MS) },
  });
  return found?.message_id ?? null;
}

async function findChat(db: mongoose.mongo.Db, number: string): Promise<string | null> {
  const found = await db
    .collection('chats')
    .findOne({ account_id: DEMO_ACCOUNT, number: { $in: demoForms(number) }, redacted_at: null });
  return found?.chat_id ?? null;
}
