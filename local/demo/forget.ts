import { demoNumber } from '../demo-records.ts';
import { expectThat } from './expect.ts';
import { findHolding, printHolding } from './records.ts';
import type { Props, Scene } from './scene.ts';

const NUMBER = demoNumber(42);
const PLACES = ['contacts', 'contact_lists', 'sent_sms', 'received_sms', 'calls'] as const;

/** GDPR forget: from submit to "removed". */
export const forget: Scene = {
  title: 'Forget a number',
  async play(props) {
    const { stage, client, print } = props;
    const holding = await findHolding(stage.db, NUMBER, PLACES);
    await printHolding(stage.db, holding, `Before: what the platform holds on ${NUMBER}`, print);
    await forgetNumber(props, NUMBER);
    await printHolding(stage.db, holding, 'After: the same records', print);
    const left = await findHolding(stage.db, NUMBER, PLACES);
    expectThat(left.size === 0, `${left.size} records still hold the number`);
    const check = { method: 'POST', path: '/blacklist/check', body: { number: Number(NUMBER) } } as const;
    const { body } = await client.send(check, 200);
    expectThat(body.blacklisted === true, 'the number may be written to');
  },
};

/** Submits a number and waits until it is removed. @throws DemoFailure when it is not */
export async function forgetNumber({ client }: Props, number: string): Promise<void> {
  const request = { method: 'POST', path: '/gdpr/forget', body: { number: Number(number) } } as const;
  const { reference } = (await client.send(request, 200)).body;
  const { body } = await client.sendUntil(
    { method: 'GET', path: `/gdpr/status?reference=${reference}` },
    (answer) => answer.body.state === 'completed',
  );
  expectThat(body.msg === 'The number has been removed', 'a completed request does not say "removed"');
}
