import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type DemoRequest, toCurl } from './demo/client.ts';
import { DEMO_ACCOUNT, demoNumber } from './demo-records.ts';
import { catchInterruption } from './interruption.ts';
import { openStage, type Stage } from './stage.ts';

/** How long a start that is called off may take to stop, in milliseconds: a download under way does not end by itself. */
const CALLED_OFF_MS = 10_000;

/** `npm start`: engines, demo data, API and worker, until Ctrl-C. */
async function main(): Promise<void> {
  const print = (line: string) => console.log(line);
  const interruption = catchInterruption(() => print('\nstopping …'));
  const opening = openStage({
    folder: join(process.cwd(), '.lethe'),
    port: Number(process.env.PORT || 3000),
    print,
    env: process.env,
    signal: interruption.signal,
  });
  const stage = await Promise.race([opening, interruption.requested]);
  if (stage === null) {
    const stopped = opening.then(
      (opened) => opened.stop(),
      () => {},
    );
    await Promise.race([stopped, delay(CALLED_OFF_MS)]);
    print('stopped before it was up');
    process.exit(1);
  }
  printGuide(stage, print);
  const broken = await Promise.race([interruption.requested, stage.broken]);
  if (broken !== null) print(broken);
  await stage.stop();
  print('stopped; the data stays in .lethe/');
  if (broken !== null) process.exitCode = 1;
}

function printGuide(stage: Stage, print: (line: string) => void): void {
  const number = Number(demoNumber(42));
  const line = (request: DemoRequest) => toCurl(stage.apiUrl, request);
  const post = (path: string, body: object) => line({ method: 'POST', path, body });
  const account = `/accounts/${stage.account}`;
  print(`
Lethe runs at ${stage.apiUrl}   (logs: ${stage.logFolder})
The demo platform (account "${DEMO_ACCOUNT}") has records on ${demoNumber(0)} to ${demoNumber(199)}. Paste into another terminal:

KEY=${stage.key}

# what would be erased (nothing is changed)
${post('/gdpr/forget', { number, sandbox: true })}
# erase it
${post('/gdpr/forget', { number })}
# is it done?
${post('/gdpr/status', { date: 'today' })}
# may this number be written to?
${post('/blacklist/check', { number })}

# redact one message (204: it is done)
${line({ method: 'POST', path: '/v1/redact/transaction', auth: 'basic', body: { id: 's-607', product: 'sms', type: 'outbound' } })}
# erase what was said with a contact, recordings included
${line({ method: 'DELETE', path: `/v1/contacts/+${demoNumber(44)}` })}
# allow redaction by hand; redact a chat and everything before it with the same contact
${line({ method: 'PATCH', path: `${account}/redaction`, body: { manual: true } })}
${post(`${account}/interactions/chat-12/redact`, { redact_content: true, redact_past: true, understood: true })}
# what is held on a number?
${line({ method: 'GET', path: `/gdpr/access?number=${demoNumber(46)}` })}

Ctrl-C stops everything that was started here.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
