import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../src/ledger/requests/open-request.ts';
import { describeInBrowser } from '../support/browser.ts';
import { type ConsoleWorld, find, openConsole, PASSWORD, seen } from '../support/console.ts';
import { forget } from '../support/forget.ts';
import { type OidcProvider, startOidcProvider } from '../support/oidc-provider.ts';
import type { Platform } from '../support/platform.ts';
import { openProcesses, type Processes, type TestProcess } from '../support/processes.ts';
import { insertRecords } from '../support/records.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const JO = '447700900147';
const SAM = '447700900148';
/** A hundred thousand take twenty seconds longer to make, and show the same: it was tried. */
const MANY = 25_000;

describeInBrowser('the console when something goes wrong', () => {
  let world: ConsoleWorld;
  let platform: Platform;
  let url: string;
  let signedIn: ConsoleWorld['signedIn'];
  let provider: OidcProvider;
  let proxy: TcpProxy;
  let processes: Processes;
  /** Begun with the file, and awaited where it is needed: both take seconds, and nobody is in their way. */
  let bulk: Promise<void>;
  let doomed: Promise<TestProcess>;

  beforeAll(async () => {
    provider = await startOidcProvider();
    processes = openProcesses();
    world = await openConsole('console-upsets', {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      OIDC_NAME: 'Example',
    });
    ({ platform, url, signedIn } = world);
    bulk = fill(platform);
    doomed = processes.worker({ ...platform.env, BATCH_SIZE: '1', BATCH_PAUSE_MS: '500' });
    for (const begun of [bulk, doomed]) begun.catch(() => {});
    proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(url).port) });
  });
  afterAll(async () => {
    await processes?.endAll();
    await proxy?.close();
    await world?.close();
    await provider?.close();
  });

  const number = (page: Page) => page.getByLabel('Number').inputValue();

  it('signs in at a provider, and there again in another tab when the session ends: nothing is lost', async () => {
    provider.next({ sub: 'c', email: 'clerk@example.com', email_verified: true });
    const { page, context } = await world.open();
    await page.goto(`${url}/console/forget`);
    await page.getByRole('link', { name: 'Sign in with Example' }).click();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'Forget a number' }).waitFor();
    await page.getByLabel('Number').fill(JO);
    await platform.core.db.collection('lethe_sessions').deleteMany({});
    await page.keyboard.press('Enter');
    const [tab] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Sign in with Example (in another tab)' }).click(),
    ]);
    await tab.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Your session has ended').waitFor({ state: 'detached' });
    expect(await number(page)).toBe(JO);
    provider.next({ sub: 'n', email: 'nobody@example.com', email_verified: true });
    await platform.core.db.collection('lethe_sessions').deleteMany({});
    await tab.goto(`${url}/console/`);
    await tab.getByRole('link', { name: 'Sign in with Example' }).click();
    await tab.getByRole('button', { name: 'Go on' }).click();
    await seen(tab, /You are known there, but have no access here/);
    await context.close();
  });

  it('loses nothing when the session ends, and signs in again by password', async () => {
    const page = await signedIn('clerk');
    await page.goto(`${url}/console/forget`);
    await page.getByLabel('Number').fill(JO);
    await platform.core.db.collection('lethe_sessions').deleteMany({});
    await page.keyboard.press('Enter');
    await seen(page, 'Your session has ended');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('Your session has ended').waitFor({ state: 'detached' });
    expect(await number(page)).toBe(JO);
  });

  it('has two tabs that both write, and signs out of both', async () => {
    const page = await signedIn('clerk');
    const other = await page.context().newPage();
    await other.goto(`${url}/console/`);
    // A write is any POST: each tab's own token must count.
    for (const tab of [page, other, page]) {
      await find(tab, JO);
      await seen(tab, 'Nobody has asked to forget this number.');
    }
    await other.getByRole('button', { name: 'clerk@example.com' }).click();
    await other.getByRole('menuitem', { name: 'Sign out' }).click();
    for (const tab of [other, page]) await tab.getByRole('heading', { name: 'Sign in to Lethe' }).waitFor();
  });

  it('says when the API is away, keeps what is written, and goes on when it is back', async () => {
    const page = await signedIn('clerk', `http://127.0.0.1:${proxy.port}`);
    await page.getByRole('link', { name: 'Forget' }).click();
    await page.getByLabel('Number').fill(JO);
    proxy.refuse();
    await page.keyboard.press('Enter');
    await seen(page, /Lethe cannot be reached\. Nothing you wrote is lost/);
    expect(await number(page)).toBe(JO);
    proxy.pass();
    await page.getByText(/Nothing you wrote is lost/).waitFor({ state: 'detached' });
    await page.getByLabel('Number').press('Enter');
    await seen(page, '+44 7700 900147');
  });

  it('shows a request whose worker is killed while one looks on, and goes on with the next worker', async () => {
    await doomed;
    await insertRecords(platform.core.db, world.account.records_id, SAM, { sent: 60 });
    const reference = await forget(url, world.key, { number: SAM });
    const page = await signedIn('viewer');
    await page.goto(`${url}/console/requests/${reference}`);
    /** As if somebody came back to the page: it looks at once. */
    const look = () => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    const shows = (text: string | RegExp) =>
      waitFor(String(text), async () => {
        await look();
        return page.getByText(text).first().isVisible();
      });
    await shows('Worked on by');
    await (await doomed).kill();
    await shows('The worker that was at it is gone: another takes over');
    const next = await platform.startWorker();
    await shows(/It is gone, since/);
    await next.stop();
  });

  it('has very many requests in the table a page at a time, as a file what the table shows, and tries several again', async () => {
    await bulk;
    const page = await signedIn('clerk');
    await page.goto(`${url}/console/requests?sort=newest`);
    await page.getByLabel('Account').selectOption('Bulk');
    await page.getByRole('row').nth(50).waitFor();
    expect(await page.locator('*').count()).toBeLessThan(3_000);
    const first = await page.getByRole('rowheader').first().textContent();
    await page.getByRole('button', { name: 'Next page' }).click();
    await waitFor('the next page', async () => (await page.getByRole('rowheader').first().textContent()) !== first);
    expect(await page.getByRole('rowheader').count()).toBe(50);

    await page.goto(`${url}/console/requests?failed=true`);
    await page.getByRole('row').nth(3).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as CSV' }).click(),
    ]);
    const [head = '', ...lines] = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
    const heads = await page.getByRole('columnheader').allTextContents();
    expect(head.split(',')).toEqual(heads.filter((one) => one !== 'Choose'));
    const shown = await page.getByRole('rowheader').allTextContents();
    expect(lines.map((line) => line.split(',')[0])).toEqual(shown);
    await page.getByLabel(`Choose ${shown[0]}`).check();
    await page.getByRole('button', { name: 'Try the chosen ones again' }).click();
    await seen(page, '1 request will be tried again now.');
    await page.getByRole('button', { name: 'Try all of them again' }).click();
    await seen(page, /requests? will be tried again now\. ?/);
  });
});

/** An account with very many requests: all done but three, which failed. */
async function fill(platform: Platform): Promise<void> {
  const { account } = await platform.account({ name: 'Bulk' });
  const now = Date.now();
  const draft = (index: number, created: number) => ({
    ...draftRequest({
      ...{ account_id: account._id, profile: 'forget', selector: { by: 'number' }, token: `t${index}` },
      ...{ requested_by: 'test', keep_suppression: true, seal: () => 'sealed', now: new Date(created) },
      ...{ deadlineMs: 86_400_000, graceMs: 86_400_000 },
    }),
  });
  const rows = Array.from({ length: MANY }, (_, index) => {
    const { unfinished: _open, sealed: _sealed, ...row } = draft(index, now - index * 1_000);
    return { ...row, state: 'completed' as const, completed_at: new Date(now), erased: { sent_sms: 2 } };
  });
  const requests = requestsOf(platform.core.db);
  for (let first = 0; first < MANY; first += 25_000)
    await Promise.all(
      [0, 1, 2, 3, 4].map((part) => {
        const from = first + part * 5_000;
        return requests.insertMany(rows.slice(from, from + 5_000) as never, { ordered: false });
      }),
    );
  const later = new Date(now + 86_400_000);
  const failure = { name: 'unsealable' as const, at: new Date(now) };
  await requests.insertMany(
    [1, 2, 3].map((index) => ({
      ...draft(MANY + index, now),
      ...{ state: 'failed' as const, failure, attempts: [failure], failures: 1, not_before: later, look_at: later },
    })) as never,
  );
}
