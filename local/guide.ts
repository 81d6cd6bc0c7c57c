import { fileURLToPath } from 'node:url';
import { type DemoRequest, toCurl } from './demo/client.ts';
import { DEMO_ACCOUNT, DEMO_PEOPLE, demoNumber } from './demo-records.ts';
import { chooseSamples, type Samples } from './samples.ts';
import type { Stage } from './stage.ts';

const LAUNCHER = fileURLToPath(new URL('../cli/lethe.mjs', import.meta.url));
const ALL_TOUCHED = `
# the demo's people are all erased or on their way: stop, and begin with new ones by npm start -- --fresh`;

/**
 * What `npm start` prints when everything runs: where it is, and lines to paste that work, now and after a restart.
 * @throws Error when database or API do not answer
 */
export async function writeGuide(stage: Stage): Promise<string> {
  const samples = await chooseSamples(stage.db, (number) => isForgotten(stage, number));
  const people = await stage.db.collection('contacts').countDocuments({ account_id: DEMO_ACCOUNT });
  return `
${writeAddresses(stage)}

The demo platform (account "${DEMO_ACCOUNT}") has ${people} contacts, numbered ${demoNumber(0)} to ${demoNumber(DEMO_PEOPLE - 1)}.
Paste into another terminal:

KEY=${stage.key}
${samples ? writeLines(stage, samples) : ALL_TOUCHED}

# the command line on these servers (--help: what else it does)
node --env-file=${quote(stage.envFile)} ${quote(LAUNCHER)} request list

Ctrl-C stops everything that was started here.`;
}

/** Where everything runs, passwords left out. */
export function writeAddresses({ apiUrl, signIn, mongodbUri, redisUrl, database, logFolder }: Stage): string {
  return `Lethe runs at ${apiUrl}
  console    ${apiUrl}/console/   (${signIn.email}, password ${signIn.password})
  try it at  ${apiUrl}/docs
  MongoDB    ${hidePassword(mongodbUri)}   (database ${database})
  Redis      ${hidePassword(redisUrl)}
  logs       ${logFolder}`;
}

function writeLines({ apiUrl, account }: Stage, samples: Samples): string {
  const line = (request: DemoRequest) => toCurl(apiUrl, request);
  const post = (path: string, body: object) => line({ method: 'POST', path, body });
  const number = Number(samples.forget);
  const redact = { id: samples.message, product: 'sms', type: 'outbound' };
  const past = { redact_content: true, redact_past: true, understood: true };
  return `
# what would be erased (nothing is changed)
${post('/gdpr/forget', { number, sandbox: true })}
# erase it
${post('/gdpr/forget', { number })}
# is it done? Ask again after some seconds
${post('/gdpr/status', { date: 'today' })}
# may this number be written to?
${post('/blacklist/check', { number })}

# redact one message (204: it is done)
${line({ method: 'POST', path: '/v1/redact/transaction', auth: 'basic', body: redact })}
# erase what was said with a contact, recordings included
${line({ method: 'DELETE', path: `/v1/contacts/+${samples.contact}` })}
# allow redaction by hand; redact a chat and everything before it with the same contact
${line({ method: 'PATCH', path: `/accounts/${account}/redaction`, body: { manual: true } })}
${post(`/accounts/${account}/interactions/${samples.chat}/redact`, past)}
# what is held on a number?
${line({ method: 'GET', path: `/gdpr/access?number=${samples.access}` })}`;
}

/** Accepting a request suppresses its number: what is not suppressed has not been asked for. */
async function isForgotten({ apiUrl, key }: Stage, number: string): Promise<boolean> {
  const response = await fetch(`${apiUrl}/blacklist/check`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ number: Number(number) }),
  });
  if (!response.ok) throw new Error(`/blacklist/check answered ${response.status}`);
  return ((await response.json()) as { blacklisted: boolean }).blacklisted;
}

function hidePassword(uri: string): string {
  return uri.replace(/\/\/[^/?]*@/, '//…@');
}

/** A word for a shell. */
function quote(word: string): string {
  return /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
