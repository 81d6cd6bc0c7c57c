import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { demoNumber, demoRecording } from '../demo-records.ts';
import { expectThat } from './expect.ts';
import { findHolding, printHolding } from './records.ts';
import type { Scene } from './scene.ts';

const PERSON = 18;
const NUMBER = demoNumber(PERSON);

/** Erase a contact: words and recordings go at once, numbers stay. */
export const contact: Scene = {
  title: 'Erase a contact',
  async play({ stage, client, print }) {
    const file = join(stage.recordings, demoRecording(PERSON) ?? '');
    const holding = await findHolding(stage.db, NUMBER, ['sent_sms', 'received_sms', 'calls']);
    await printHolding(stage.db, holding, `Before: what was said with ${NUMBER}`, print);
    print(`  recording file: ${await tellFile(file)}`);
    const request = { method: 'DELETE', path: `/v1/contacts/+${NUMBER}` } as const;
    const first = await client.send(request, 200);
    expectThat(first.body.records_affected === holding.size, `${holding.size} records should have been erased`);
    await printHolding(stage.db, holding, 'After: the same records', print);
    print(`  recording file: ${await tellFile(file)}`);
    expectThat((await tellFile(file)) === GONE, 'the recording file is still there');
    const kept = await findHolding(stage.db, NUMBER, ['sent_sms', 'received_sms', 'calls']);
    expectThat(kept.size === holding.size, 'this contract leaves the numbers');

    print('\nOnce more: nothing is left to erase');
    const { body } = await client.send(request, 200);
    expectThat(body.records_affected === 0, 'a repeat erased something');
  },
};

const GONE = 'gone';

async function tellFile(file: string): Promise<string> {
  const found = await stat(file).catch(() => null);
  return found ? `${found.size} bytes` : GONE;
}
