import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInBrowser, type OpenBrowser, type OpenPage, openBrowser, readKept } from '../support/browser.ts';
import { callOf, setRedaction } from '../support/interactions.ts';
import { openPlatform, type Platform } from '../support/platform.ts';
import { insertRecords } from '../support/records.ts';
import { makePerson } from '../support/sign-in.ts';

const PASSWORD = 'correct horse battery';
const JO = '447700900141';
const SAM = '447700900142';
const KIM = '447700900143';
/** As each may stand in an address or in storage, in whatever writing. */
const NUMBERS = /7700\W{0,3}9001\W{0,3}4[0-9]/;

describeInBrowser('the console', () => {
  let platform: Platform;
  let browser: OpenBrowser;
  let url: string;
  let account: string;
  const opened: OpenPage[] = [];

  beforeAll(async () => {
    platform = await openPlatform('console');
    browser = await openBrowser();
    ({ url } = await platform.startApi());
    await platform.startWorker();
    const made = await platform.account({ name: 'Acme Dental', timeZone: 'Europe/London' });
    account = made.account._id;
    for (const number of [JO, SAM, KIM])
      await insertRecords(platform.core.db, made.account.records_id, number, { contacts: 1, sent: 3, calls: 2 });
    await platform.core.db
      .collection('calls')
      .insertMany([
        callOf(made.account, 'call-now', new Date(), { from: '447700900144' }),
        callOf(made.account, 'call-before', new Date(Date.now() - 86_400_000), { from: '447700900144' }),
      ]);
    await setRedaction(platform, made.account, { manual: true });
    for (const role of ['viewer', 'clerk', 'officer', 'admin'] as const)
      await makePerson(platform, `${role}@example.com`, role);
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.close();
  });

  async function signedIn(role: string): Promise<Page> {
    const one = await browser.open();
    opened.push(one);
    const { page } = one;
    await page.goto(`${url}/`);
    await page.getByLabel('E-mail address').fill(`${role}@example.com`);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Find' }).waitFor();
    return page;
  }

  /** Looks a number, a reference or words up. */
  async function find(page: Page, text: string): Promise<void> {
    await page.keyboard.press('Escape');
    await page.locator('body').click({ position: { x: 1, y: 1 } });
    await page.keyboard.press('/');
    await page.getByLabel('Number, reference or day').fill(text);
    await page.keyboard.press('Enter');
  }

  const seen = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

  it('lets nobody in with a wrong password, and does not say what was wrong', async () => {
    const one = await browser.open();
    opened.push(one);
    await one.page.goto(`${url}/console/requests`);
    for (const email of ['clerk@example.com', 'nobody@example.com']) {
      await one.page.getByLabel('E-mail address').fill(email);
      await one.page.getByLabel('Password').fill('not the password');
      await one.page.getByRole('button', { name: 'Sign in' }).click();
      await seen(one.page, /Address or password is wrong/);
    }
  });

  it('shows each role the views it may use, and no others by their address either', async () => {
    const expected = {
      viewer: ['Find', 'Requests', 'Suppressions', 'Receipts'],
      officer: [
        'Find',
        'Requests',
        'Interactions',
        'Access',
        'Suppressions',
        'Audit',
        'Month figures',
        'Processing records',
        'Receipts',
      ],
    };
    for (const [role, views] of Object.entries(expected)) {
      const page = await signedIn(role);
      const links = page.getByRole('navigation', { name: 'Views' }).getByRole('link');
      expect(await links.allTextContents()).toEqual(views);
      await page.goto(`${url}/console/forget`);
      await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
      await page.goto(`${url}/console/people`);
      await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
    }
  });

  it('forgets a number by keyboard alone, and finds it gone', async () => {
    const page = await signedIn('clerk');
    await find(page, '+44 7700 900141');
    await seen(page, 'Nobody has asked to forget this number.');
    await tabTo(page, 'Forget this number');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Forget a number' }).waitFor();
    // The number came along; how it reads and what would go is shown at a press of Enter.
    await page.keyboard.press('Enter');
    await seen(page, '+44 7700 900141');
    await seen(page, 'sent sms');
    await tabTo(page, 'Time to cancel');
    await page.keyboard.press('n');
    await tabTo(page, 'Type the last four digits to confirm');
    await page.keyboard.type('0140');
    await seen(page, /not the last four digits/);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('0141');
    await page.keyboard.press('Enter');
    await seen(page, /It is gone, since/);

    await find(page, '07700 900141');
    await seen(page, /It is gone, since/);
    await seen(page, /it is suppressed/);
    expect(await platform.core.db.collection('sent_sms').countDocuments({ to: JO })).toBe(0);
  });

  it('calls a request off within its grace period', async () => {
    const page = await signedIn('clerk');
    await page.goto(`${url}/console/forget`);
    await page.getByLabel('Number').fill(SAM);
    await page.keyboard.press('Enter');
    await page.getByLabel('Type the last four digits to confirm').fill('0142');
    await page.getByRole('button', { name: 'Forget this number in 5 minutes' }).click();
    await seen(page, /It can be cancelled until/);
    await page.getByRole('button', { name: 'Cancel: do not forget it' }).click();
    await seen(page, 'This request was cancelled.');
    expect(await platform.core.db.collection('sent_sms').countDocuments({ to: SAM })).toBe(3);
  });

  it('finds by words and by reference, and tells what happened', async () => {
    const page = await signedIn('viewer');
    await find(page, 'this week');
    await seen(page, /requests? from/);
    await page.getByRole('rowheader').first().getByRole('link').waitFor();
    const reference = (await page.getByRole('rowheader').first().textContent()) ?? '';
    await find(page, reference);
    await page.getByRole('link', { name: 'Open the request' }).click();
    await page.getByRole('heading', { name: `Request ${reference}` }).waitFor();
    await seen(page, 'Suppressed: nothing more is sent to the number');
    await page.goto(`${url}/console/requests?sort=newest`);
    await page.getByRole('link', { name: reference }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^Request / }).waitFor();
  });

  it('redacts by the red flag when the third box is ticked', async () => {
    const page = await signedIn('clerk');
    await page.goto(`${url}/console/interactions?kind=call`);
    await page
      .getByRole('button', { name: /^Redact this call/ })
      .first()
      .click();
    const redact = page.getByRole('button', { name: 'Redact', exact: true });
    await page.getByLabel('Redact content of this activity').check();
    await page.getByLabel('Redact past activities from this contact').check();
    expect(await redact.isDisabled()).toBe(true);
    await page.getByLabel('I understand that redacted data cannot be recovered').check();
    await redact.click();
    await seen(page, 'Redacted. Past activities are being redacted.');
    await page.getByRole('row').filter({ hasText: 'Redacted' }).first().waitFor();
  });

  it('sets the toggles of redaction', async () => {
    const page = await signedIn('admin');
    await page.goto(`${url}/console/interactions/settings`);
    await page.getByRole('switch', { name: /Automatically redact/ }).check();
    await page.getByLabel('How often').selectOption('30');
    await page.getByRole('button', { name: 'Update settings' }).click();
    await seen(page, /after 30 days/);
    const row = await platform.core.db.collection<{ _id: string }>('lethe_accounts').findOne({ _id: account });
    expect(row).toMatchObject({ redaction: { automatic: 30 } });
  });

  it('lets an officer verify the audit', async () => {
    const page = await signedIn('officer');
    await page.goto(`${url}/console/audit`);
    await page.getByRole('button', { name: 'Verify' }).click();
    await seen(page, /The audit is as it was written/);
    await page.goto(`${url}/console/figures`);
    await seen(page, 'Time to erase, median');
  });

  it('loses nothing when the session ends', async () => {
    const page = await signedIn('clerk');
    await page.goto(`${url}/console/forget`);
    await page.getByLabel('Number').fill(KIM);
    await platform.core.db.collection('lethe_sessions').deleteMany({});
    await page.keyboard.press('Enter');
    await seen(page, 'Your session has ended');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('Your session has ended').waitFor({ state: 'detached' });
    expect(await page.getByLabel('Number').inputValue()).toBe(KIM);
  });

  it('changes the own password', async () => {
    const page = await signedIn('viewer');
    await page.getByRole('button', { name: 'viewer@example.com' }).click();
    await page.getByRole('menuitem', { name: 'Change password …' }).click();
    await page.getByLabel('Current password').fill('not the password');
    await page.getByLabel('New password').fill('another horse battery');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await seen(page, 'The current password is not right.');
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change the password' }).click();
    await seen(page, /The password is changed/);
  });

  it('has put no number into an address, the history or storage, and kept to its policy', async () => {
    expect(opened.length).toBeGreaterThan(5);
    for (const { page, addresses, faults } of opened) {
      expect(addresses.filter((address) => NUMBERS.test(decodeURIComponent(address)))).toEqual([]);
      expect(await readKept(page)).not.toMatch(NUMBERS);
      expect(faults).toEqual([]);
    }
  });
});

/** Presses Tab until the thing of this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    const focused = await page.evaluate(`(() => {
      const here = document.activeElement;
      return here?.labels?.[0]?.textContent ?? here?.textContent ?? '';
    })()`);
    if (focused === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`not reached by Tab: ${name}`);
}
