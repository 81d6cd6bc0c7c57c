import type mongoose from 'mongoose';
import { DEMO_ACCOUNT } from '../demo-records.ts';
import { shorten } from './client.ts';
import { expectThat } from './expect.ts';
import type { Scene } from './scene.ts';

/** Redacted by nobody else's scene: it is one message, and not on a number of theirs. */
const OLD = 's-607';
/** Sent a few minutes before the demo. */
const YOUNG = 's-1';

const redact = (id: string) =>
  ({
    method: 'POST',
    path: '/v1/redact/transaction',
    auth: 'basic',
    body: { id, product: 'sms', type: 'outbound' },
  }) as const;

/** The redact contract: one message, masked before the answer. */
export const transaction: Scene = {
  title: 'Redact a transaction',
  async play({ stage, client, print }) {
    print(`\nBefore\n  ${tell(await readMessage(stage.db, OLD))}`);
    await client.send(redact(OLD), 204);
    const after = await readMessage(stage.db, OLD);
    print(`\nAfter\n  ${tell(after)}`);
    expectThat(after.to === 'REDACTED' && after.body === 'REDACTED', 'the message is not redacted');

    print('\nA message younger than an hour may still be on its way');
    const { body } = await client.send(redact(YOUNG), 403);
    expectThat(String(body.type).endsWith('#premature-redaction'), 'the answer is not "premature"');
    expectThat((await readMessage(stage.db, YOUNG)).body !== 'REDACTED', 'a refused redaction changed the message');
  },
};

async function readMessage(db: mongoose.mongo.Db, id: string): Promise<mongoose.mongo.Document> {
  const found = await db.collection('sent_sms').findOne({ account_id: DEMO_ACCOUNT, message_id: id });
  expectThat(found !== null, `the message ${id} is not there`);
  return found;
}

const tell = ({ message_id, to, body, sent_at }: mongoose.mongo.Document): string =>
  `${message_id}  ${sent_at.toISOString()}  to ${to}  ${shorten(String(body), 60)}`;
