import { demoNumber } from '../demo-records.ts';
import { expectThat } from './expect.ts';
import { findHolding, printHolding } from './records.ts';
import type { Scene } from './scene.ts';

const PERSON = 4;
const NUMBER = demoNumber(PERSON);
const CHAT = `chat-${PERSON}`;
/** The person's newest interaction. */
const NEWEST = `s-${PERSON}`;
const PLACES = ['chats', 'calls', 'sent_sms', 'received_sms'] as const;

/** Redact interactions: one by hand, then every earlier one with the same contact. */
export const interactions: Scene = {
  title: 'Redact interactions',
  async play({ stage, client, print }) {
    const account = `/accounts/${stage.account}`;
    const holding = await findHolding(stage.db, NUMBER, PLACES);
    await printHolding(stage.db, holding, `Before: interactions with ${NUMBER}`, print);
    await client.send({ method: 'PATCH', path: `${account}/redaction`, body: { manual: true } }, 200);
    const log = await client.send({ method: 'GET', path: `${account}/interactions?kind=chat&limit=2` }, 200);
    expectThat((log.body.interactions as unknown[]).length === 2, 'the log does not list two chats');

    print('\nOne by hand');
    const redact = (id: string, fields: object) =>
      ({
        method: 'POST',
        path: `${account}/interactions/${id}/redact`,
        body: { ...fields, understood: true },
      }) as const;
    const one = await client.send(redact(CHAT, { redact_content: true }), 200);
    expectThat(one.body.redacted === true, 'the chat is not redacted');

    print('\nThe newest, and every earlier one with the same contact');
    const past = await client.send(redact(NEWEST, { redact_content: true, redact_past: true }), 202);
    await client.sendUntil(
      { method: 'GET', path: `${account}/redactions/${past.body.reference}` },
      ({ body }) => body.state === 'completed',
    );
    await printHolding(stage.db, holding, 'After: the same records', print);
    const left = await findHolding(stage.db, NUMBER, PLACES);
    expectThat(left.size === 0, `${left.size} interactions still hold the number`);
  },
};
