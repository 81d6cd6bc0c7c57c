import { demoNumber } from '../demo-records.ts';
import { type DemoAnswer, shorten } from './client.ts';
import { expectThat } from './expect.ts';
import { forgetNumber } from './forget.ts';
import type { Scene } from './scene.ts';

const NUMBER = demoNumber(30);
const LINES = 4;

/** Subject access: what is held on a number, before an erasure and after it, and a report as a file. */
export const access: Scene = {
  title: 'What is held on a person',
  async play(props) {
    const { client, print } = props;
    const request = { method: 'GET', path: `/gdpr/access?number=${NUMBER}` } as const;
    const before = await client.send(request, 200);
    printSummary(before, print);
    expectThat(countAll(before.body.counts) > 0, 'nothing is held on the number before the erasure');

    print('\nA report, written to a file by a worker');
    const wanted = { product: 'sms', direction: 'outbound', to: NUMBER, include_message: true, format: 'csv' };
    const ordered = await client.send({ method: 'POST', path: '/v2/reports', body: wanted }, 202);
    const report = `/v2/reports/${ordered.body.request_id}`;
    const { body } = await client.sendUntil({ method: 'GET', path: report }, (answer) =>
      ['SUCCESS', 'FAILED', 'ABORTED', 'TRUNCATED'].includes(String(answer.body.request_status)),
    );
    expectThat(body.request_status === 'SUCCESS', `the report ended as ${body.request_status}`);
    const file = await client.send({ method: 'GET', path: `${report}/file` }, 200);
    const lines = file.text.trimEnd().split(/\r?\n/);
    for (const line of lines.slice(1, LINES)) print(`    ${shorten(line, 140)}`);
    expectThat(lines.length === Number(body.items_count) + 1, 'the file has not as many lines as the report says');

    print('\nThen the number is forgotten');
    await forgetNumber(props, NUMBER);
    const after = await client.send(request, 200);
    printSummary(after, print);
    expectThat(countAll(after.body.counts) === 0, 'something is still held on the number after the erasure');
  },
};

/** The answer is long: its counts, and how much Lethe itself keeps, none of which is the number. */
function printSummary({ body }: DemoAnswer, print: (line: string) => void): void {
  const kept = Object.entries(body.kept as Record<string, unknown[]>).map(([kind, items]) => `${kind} ${items.length}`);
  print(`    counts: ${JSON.stringify(body.counts)}\n    kept: ${kept.join(', ')}`);
}

function countAll(counts: unknown): number {
  return Object.values(counts as Record<string, number>).reduce((sum, count) => sum + count, 0);
}
