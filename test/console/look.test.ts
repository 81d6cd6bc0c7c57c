import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { printReceipt } from '../../api/receipt/page.ts';
import type { ReceiptClaims } from '../../src/ledger/receipts/receipt.ts';
import { describeInBrowser, type OpenBrowser, type OpenPage, openBrowser } from '../support/browser.ts';
import { forget } from '../support/forget.ts';
import { callOf, setRedaction } from '../support/interactions.ts';
import { openPlatform, type Platform } from '../support/platform.ts';
import { insertRecords } from '../support/records.ts';
import { makePerson } from '../support/sign-in.ts';
import { waitFor } from '../support/wait-for.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DIST = fileURLToPath(new URL('../../console/dist/', import.meta.url));

const VIEWS = [
  '',
  'requests?sort=newest',
  'forget',
  'forget/file',
  'interactions',
  'interactions/settings',
  'access',
  'suppressions',
  'audit',
  'figures',
  'records',
  'receipts',
  'system',
  'keys',
  'people',
  'nowhere',
] as const;

/** The page of a receipt about so many collections, with names as long as they come, and of a text as long as that makes it. */
function receiptOf(collections: number): string {
  const names = Array.from({ length: collections }, (_, index) => `messages_of_a_platform_${index}`);
  const hash = 'x'.repeat(43);
  const claims: ReceiptClaims = {
    ...{ version: 1, reference: 'BWwmkoxO3YTfpEt', account: 'acc_aB3dE6gH9jK2', token: `k20260101-0c46.${hash}` },
    ...{ accepted: '2026-02-01T00:00:00.000Z', due: '2026-02-02T00:00:00.000Z', completed: '2026-02-01T00:00:05.000Z' },
    erased: Object.fromEntries(names.map((name) => [name, 1_234_567])),
    ...{ elsewhere: 12, files_missing: 3 },
    looks: {
      ...{ indexed: 'made', scan: 'made', files: 'made', reports: 'made', scanned: '2026-02-01T00:00:04.000Z' },
      not_scanned: ['archive', 'log'],
    },
    ...{ suppressed: true, follows: { reference: 'AWwmkoxO3YTfpEt', before: '2026-01-01T00:00:00.000Z' } },
    profile: { name: 'forget', digest: hash },
    ...{ data_map: hash, lethe: '1.0.0', audit: { entry: 12_345, mac: `k20260101-0c46.${hash}` } },
    ...{ serial: 12_345, previous: hash },
  };
  const jws = `${'h'.repeat(100)}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${'s'.repeat(86)}`;
  return printReceipt({ claims, keyId: 'k20260101-0c46', hash }, { name: 'Acme Dental' }, jws);
}

/** Nothing on the page is on its way. */
const STILL = `document.querySelector('h1') !== null && !document.querySelector('[aria-busy="true"], [role="status"][aria-label]')`;

const WIDTHS = [1440, 390] as const;
/** What differs from light to dark is colours. */
const SCHEMES = { light: {}, dark: { runOnly: ['color-contrast'] } } as const;

describeInBrowser('how the console looks', () => {
  let platform: Platform;
  let browser: OpenBrowser;
  let url: string;
  let reference: string;

  beforeAll(async () => {
    platform = await openPlatform('console-look');
    browser = await openBrowser();
    ({ url } = await platform.startApi());
    const { account, key } = await platform.account({ name: 'Acme Dental' });
    await insertRecords(platform.core.db, account.records_id, '447700900145', { contacts: 1, sent: 3, calls: 2 });
    await platform.core.db.collection('calls').insertOne(callOf(account, 'call-now', new Date()));
    await setRedaction(platform, account, { manual: true });
    reference = await forget(url, key, { number: '447700900145' });
    await makePerson(platform, 'admin@example.com', 'admin');
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.close();
  });

  async function signedIn(width: number): Promise<OpenPage> {
    const opened = await browser.open({ width });
    await opened.page.goto(`${url}/console/`);
    await checkPage(opened, 'sign-in');
    await opened.page.getByLabel('E-mail address').fill('admin@example.com');
    await opened.page.getByLabel('Password').fill('correct horse battery');
    await opened.page.keyboard.press('Enter');
    await opened.page.getByRole('heading', { name: 'Find' }).waitFor();
    return opened;
  }

  /** What axe finds in light and in dark, and what hangs over the edge of the page. */
  async function checkPage({ page }: OpenPage, view: string): Promise<void> {
    await waitFor(`${view} to be still`, () => page.evaluate<boolean>(STILL));
    await page.evaluate(AXE);
    for (const [scheme, options] of Object.entries(SCHEMES)) {
      await page.emulateMedia({ colorScheme: scheme as keyof typeof SCHEMES });
      const how = JSON.stringify({ resultTypes: ['violations'], ...options });
      const found = await page.evaluate(`axe.run(document, ${how}).then(({ violations }) => [
        ...violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')),
        ...(document.documentElement.scrollWidth > innerWidth ? ['wider than the window'] : []),
      ])`);
      expect({ view, scheme, found }).toEqual({ view, scheme, found: [] });
    }
  }

  it.each(WIDTHS)('has no fault for axe at %i, in light and in dark', async (width) => {
    const opened = await signedIn(width);
    for (const view of [...VIEWS, `requests/${reference}`]) {
      await opened.page.goto(`${url}/console/${view}`);
      await opened.page.locator('h1').waitFor();
      await checkPage(opened, view);
    }
    await opened.page.keyboard.press('?');
    await opened.page.getByRole('dialog').waitFor();
    await checkPage(opened, 'keys');
    expect(opened.faults).toEqual([]);
    await opened.context.close();
  });

  it.each([
    ['A4', 60],
    ['Letter', 60],
    ['A4', 3],
  ])('prints a receipt on one page of %s with %i collections', async (format, collections) => {
    const { page, context, faults } = await browser.open();
    await page.setContent(receiptOf(collections));
    const printed = (await page.pdf({ format, preferCSSPageSize: false })).toString('latin1');
    expect(printed.match(/\/Type\s*\/Page\b(?!s)/g)).toHaveLength(1);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('is at most 200 kB of scripts, packed, and nothing in its page runs or styles by itself', () => {
    const scripts = readdirSync(join(DIST, 'assets')).filter((name) => name.endsWith('.js'));
    const packed = scripts.map((name) => gzipSync(readFileSync(join(DIST, 'assets', name))).length);
    expect(packed.reduce((sum, size) => sum + size, 0)).toBeLessThan(200_000);
    const page = readFileSync(join(DIST, 'index.html'), 'utf8');
    expect(page).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son[a-z]+=/);
    expect(
      [...page.matchAll(/(?:src|href)="([^"]+)"/g)]
        .map(([, to]) => to)
        .filter((to) => !/^(\/console\/|data:image)/.test(to ?? '')),
    ).toEqual([]);
  });
});
