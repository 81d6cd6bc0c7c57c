import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Tests with engines that are about a folder or a file, the quickest and likeliest to see a fault first. A mutant meets those
 * of the longest name that its file begins with. Almost every such test imports almost everything: what it is related to
 * says nothing.
 */
const ENGINE_TESTS: Readonly<Record<string, readonly string[]>> = {
  'src/engine': ['integration/engine/*'],
  'src/engine/at-once': ['integration/engine/*', 'integration/ledger/at-once/*', 'e2e/contact/*'],
  'src/engine/by-id': ['integration/ledger/at-once/*', 'e2e/transaction/transaction', 'e2e/resources/resources'],
  'src/engine/store/apply': ['integration/engine/*', 'integration/ledger/at-once/*'],
  'src/engine/scan/read-children': ['integration/engine/*', 'integration/ledger/references/references'],
  'src/engine/map/default-map': ['unit/project/readme'],
  'src/ledger/accounts': [
    'integration/ledger/accounts/*',
    'integration/cli/accounts-cli',
    'e2e/limits',
    'integration/cli/agency-cli',
    'e2e/interactions/interactions-settings',
  ],
  'src/ledger/at-once': [
    'integration/ledger/at-once/*',
    'integration/ledger/references/doors',
    'e2e/resources/resources',
    'e2e/transaction/transaction',
    'e2e/transaction/transaction-processes',
    'e2e/interactions/interactions-redact',
  ],
  'src/ledger/audit': ['integration/ledger/audit/*', 'integration/oversight'],
  'src/ledger/guard': ['integration/ledger/tombstones/*', 'integration/ledger/guard/*', 'chaos/late-records'],
  'src/ledger/opendsr': ['integration/ledger/webhooks/webhook-rows', 'e2e/opendsr/*'],
  'src/ledger/people': ['integration/ledger/people/*', 'e2e/console/people', 'e2e/console/session', 'e2e/console/oidc'],
  'src/ledger/receipts': ['integration/ledger/receipts/*', 'e2e/receipt/*'],
  'src/ledger/recordings': ['integration/ledger/recordings/*', 'e2e/transaction/transaction'],
  'src/ledger/references': ['integration/ledger/references/*'],
  'src/ledger/requests': [
    'integration/ledger/requests/*',
    'integration/ledger/scan/joiners',
    'integration/ledger/references/references',
    'integration/ledger/guard/guard',
    'integration/contracts/retention/retention',
    'e2e/requests/*',
  ],
  'src/ledger/requests/month-figures': ['integration/ledger/requests/search', 'integration/oversight'],
  'src/ledger/requests/renew': ['integration/ledger/requests/rounds', 'integration/cli/keys-rotate'],
  'src/ledger/requests/status': ['integration/ledger/requests/search', 'e2e/forget/status'],
  'src/ledger/scan': [
    'integration/ledger/scan/*',
    'integration/ledger/requests/scheduled',
    'integration/ledger/requests/one-bad-record',
    'integration/ledger/references/references',
    'integration/ledger/recordings/recordings',
  ],
  'src/ledger/scan/progress': ['integration/ledger/requests/search', 'integration/ledger/scan/*'],
  'src/ledger/scan/circle-of': [
    'integration/ledger/scan/*',
    'integration/ledger/references/references',
    'integration/ledger/guard/*',
  ],
  'src/ledger/suppression': [
    'integration/ledger/suppression/*',
    'e2e/forget/blacklist-rows',
    'e2e/forget/forget',
    'e2e/forget/forget-repeat',
    'e2e/forget/blacklist-index',
    'e2e/requests/requests',
    'e2e/console/find',
  ],
  'src/ledger/tombstones': ['integration/ledger/tombstones/*', 'integration/ledger/guard/*'],
  'src/ledger/webhooks': ['integration/ledger/webhooks/*', 'e2e/opendsr/*'],
  'src/ledger/work': [
    'integration/ledger/requests/lease-rows',
    'integration/ledger/requests/rounds',
    'integration/ledger/scan/scan-rows',
  ],
};

/** @returns paths from the root of the project, in the order in which they are asked */
export async function engineTestsOf(file: string): Promise<string[]> {
  const names = Object.keys(ENGINE_TESTS).filter((name) => file.startsWith(name));
  const [longest = ''] = names.sort((one, other) => other.length - one.length);
  const paths = await Promise.all((ENGINE_TESTS[longest] ?? []).map(pathsOf));
  return [...new Set(paths.flat())];
}

async function pathsOf(name: string): Promise<string[]> {
  if (!name.endsWith('/*')) return [join('test', `${name}.test.ts`)];
  const folder = join('test', name.slice(0, -2));
  const found = await readdir(folder);
  return found
    .filter((one) => one.endsWith('.test.ts'))
    .sort()
    .map((one) => join(folder, one));
}
