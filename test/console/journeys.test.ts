import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInBrowser, readKept } from '../support/browser.ts';
import { type ConsoleWorld, find, openConsole, PASSWORD, seen } from '../support/console.ts';
import { callOf, setRedaction } from '../support/interactions.ts';
import type { Platform } from '../support/platform.ts';
import { insertRecords } from '../support/records.ts';

const JO = '447700900141';
const SAM = '447700900142';
const KIM = '447700900143';
/** As each may stand in an address or in storage, in whatever writing. */
const NUMBERS = /7700\W{0,3}9001\W{0,3}4[0-9]/;

describeInBrowser('the console', () => {
  let world: ConsoleWorld;
  let platform: Platform;
  let url: string;
  let account: string;
  let visit: ConsoleWorld['visit'];

  beforeAll(async () => {
    world = await openConsole('console');
    ({ platform, url, visit } = world);
    account = world.account._id;
    await platform.startWorker();
    for (const number of [JO, SAM, KIM])
      await insertRecords(platform.core.db, world.account.records_id, number, { contacts: 1, sent: 3, calls: 2 });
    const caller = { from: '447700900144' };
    const hours = (back: number) => new Date(Date.now() - back * 3_600_000);
    await platform.core.db
      .collection('calls')
      .insertMany([
        callOf(world.account, 'call-now', new Date(), caller),
        callOf(world.account, 'call-before', hours(24), caller),
        callOf(world.account, 'call-first', hours(48), caller),
        callOf(world.account, 'radio-1', hours(1), { from: '447700900146', source: 'radio' }),
        callOf(world.account, 'radio-2', hours(2), { from: '447700900146', source: 'radio' }),
      ]);
    await setRedaction(platform, world.account, { manual: true });
  });
  afterAll(() => world?.close());

  it('lets nobody in with a wrong password, and does not say what was wrong', async () => {
    const one = await world.open();
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
      const page = await visit(role);
      const links = page.getByRole('navigation', { name: 'Views' }).getByRole('link');
      expect(await links.allTextContents()).toEqual(views);
      await page.goto(`${url}/console/forget`);
      await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
      await page.goto(`${url}/console/people`);
      await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
    }
  });

  it('forgets a number by keyboard alone, and finds it gone', async () => {
    const page = await visit('clerk');
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
    const page = await visit('clerk');
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
    const page = await visit('viewer');
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
    const page = await visit('clerk');
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
    await seen(page, /That takes 2 activities: 2 in calls/);
    await redact.click();
    await seen(page, 'Redacted. Past activities are being redacted.');
    await page.getByRole('row').filter({ hasText: 'Redacted' }).first().waitFor();
  });

  it('redacts several that were chosen, by one Redact', async () => {
    const page = await visit('clerk');
    await page.goto(`${url}/console/interactions?source=radio`);
    const boxes = page.getByLabel(/^Choose this call/);
    await boxes.first().check();
    await boxes.nth(1).check();
    await page.getByRole('button', { name: 'Redact the chosen ones' }).click();
    await page.getByLabel('Redact content of these activities').check();
    await page.getByLabel('I understand that redacted data cannot be recovered').check();
    await page.getByRole('button', { name: 'Redact', exact: true }).click();
    await seen(page, '2 activities redacted.');
    await boxes.nth(1).waitFor({ state: 'detached' });
  });

  it('lifts a suppression for a reason, which stands in the audit', async () => {
    const page = await visit('clerk');
    await page.goto(`${url}/console/suppressions`);
    await page.getByLabel('Number').fill('07700 900141');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Lift the suppression' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Lift the suppression' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('asked for by letter');
    await dialog.getByRole('button', { name: 'Lift the suppression' }).click();
    await seen(page, 'This number is not suppressed: the platform may write to it.');
    const entry = await platform.core.db.collection('lethe_audit').findOne({ action: 'suppression.lift' });
    expect(entry).toMatchObject({ actor: 'clerk@example.com', reason: expect.stringContaining('asked for by letter') });
  });

  it('forgets a file of numbers: what is refused is shown before, and what became of each is saved', async () => {
    const page = await visit('clerk');
    await page.goto(`${url}/console/forget/file`);
    const buffer = Buffer.from(
      `number;name\r\n"+44 7700 900143";Kim\r\n07700;x\r\n447700900143;again\r\n447700900149;none\r\n`,
    );
    await page.getByLabel('File of numbers').setInputFiles({ name: 'n.csv', mimeType: 'text/csv', buffer });
    await seen(page, '2 numbers to forget, 2 lines refused');
    await seen(page, 'stands further up already');
    await page.getByLabel(/^Type how many numbers/).fill('2');
    await page.keyboard.press('Enter');
    await seen(page, '1 number will be forgotten.');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save the results' }).click(),
    ]);
    const [head, first, second] = (await readFile(await download.path(), 'utf8')).split('\r\n');
    expect(head).toBe('line,written,state,reference,error');
    expect(first).toMatch(/^2,\W?\+?44 7700 900143,accepted,\w{15},$/);
    expect(second).toMatch(/^5,447700900149,refused,,Cannot use this number$/);
  });

  it('lets people in and keeps them out, and makes and revokes keys; secrets are shown once', async () => {
    const page = await visit('admin');
    const press = (name: string) => page.getByRole('dialog').getByRole('button', { name }).click();
    await page.goto(`${url}/console/people`);
    await page.getByRole('button', { name: 'Let somebody in' }).click();
    await page.getByLabel('Name').fill('Pat');
    await page.getByLabel('E-mail address').fill('pat@example.com');
    await press('Let them in');
    await seen(page, 'A password for Pat');
    await seen(page, /^otpauth:/);
    await press('I have kept it');
    const pat = page.getByRole('row').filter({ hasText: 'pat@example.com' });
    await pat.getByRole('button', { name: 'Keep out' }).click();
    await press('Keep them out');
    await pat.getByText('Kept out').waitFor();
    await page.goto(`${url}/console/keys`);
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByLabel('Label').fill('website');
    await press('Make the key');
    await seen(page, /^\w{16}\.\S{43}$/);
    await press('I have kept it');
    const website = page.getByRole('row').filter({ hasText: 'website' });
    await website.getByRole('button', { name: 'Revoke' }).click();
    await press('Revoke the key');
    await website.getByText('Revoked').waitFor();
  });

  it('sets the toggles of redaction', async () => {
    const page = await visit('admin');
    await page.goto(`${url}/console/interactions/settings`);
    await page.getByRole('switch', { name: /Automatically redact/ }).check();
    await page.getByLabel('How often').selectOption('30');
    await page.getByRole('button', { name: 'Update settings' }).click();
    await seen(page, /after 30 days/);
    const row = await platform.core.db.collection<{ _id: string }>('lethe_accounts').findOne({ _id: account });
    expect(row).toMatchObject({ redaction: { automatic: 30 } });
  });

  it('lets an officer verify the audit', async () => {
    const page = await visit('officer');
    await page.goto(`${url}/console/audit`);
    await page.getByRole('button', { name: 'Verify' }).click();
    await seen(page, /The audit is as it was written/);
    await page.goto(`${url}/console/figures`);
    await seen(page, 'Time to erase, median');
  });

  it('changes the own password', async () => {
    const page = await visit('viewer');
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
    expect(world.opened.length).toBeGreaterThan(4);
    for (const { page, addresses, faults } of world.opened) {
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
