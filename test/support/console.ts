import type { Page } from 'playwright-core';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { type OpenBrowser, type OpenPage, openBrowser } from './browser.ts';
import { openPlatform, type Platform } from './platform.ts';
import { makePerson } from './sign-in.ts';

export const PASSWORD = 'correct horse battery';

/** The console in a browser, over an API of its own, with an account and a person of each role. */
export interface ConsoleWorld {
  readonly platform: Platform;
  readonly url: string;
  readonly account: Account;
  readonly key: string;
  /** Every page that was opened. */
  readonly opened: OpenPage[];
  /** A page with cookies and storage of its own, and nobody signed in. */
  open(): Promise<OpenPage>;
  /** A page on which somebody of this role has signed in. @param at another address of the same API */
  signedIn(role: string, at?: string): Promise<Page>;
  /** The page of this role, at Find: signed in once for all tests that do nothing to the session. */
  visit(role: string): Promise<Page>;
  close(): Promise<void>;
}

export async function openConsole(name: string, env: NodeJS.ProcessEnv = {}): Promise<ConsoleWorld> {
  const platform = await openPlatform(name, env);
  const browser: OpenBrowser = await openBrowser();
  const { url } = await platform.startApi();
  const { account, key } = await platform.account({ name: 'Acme Dental', timeZone: 'Europe/London' });
  for (const role of ['viewer', 'clerk', 'officer', 'admin'] as const)
    await makePerson(platform, `${role}@example.com`, role);
  const opened: OpenPage[] = [];
  const open = async () => {
    const one = await browser.open();
    opened.push(one);
    return one;
  };
  const signedIn = async (role: string, at = url) => {
    const { page } = await open();
    await page.goto(`${at}/`);
    await page.getByLabel('E-mail address').fill(`${role}@example.com`);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Find' }).waitFor();
    return page;
  };
  const visited = new Map<string, Page>();
  return {
    ...{ platform, url, account, key, opened, open, signedIn },
    async visit(role) {
      const known = visited.get(role);
      if (!known) {
        const page = await signedIn(role);
        visited.set(role, page);
        return page;
      }
      await known.goto(`${url}/console/`);
      await known.getByRole('heading', { name: 'Find' }).waitFor();
      return known;
    },
    async close() {
      await browser.close();
      await platform.close();
    },
  };
}

/** Looks a number, a reference or words up. */
export async function find(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Escape');
  await page.locator('body').click({ position: { x: 1, y: 1 } });
  await page.keyboard.press('/');
  await page.getByLabel('Number, reference or day').fill(text);
  await page.keyboard.press('Enter');
}

/** Waits until a text is on the page. */
export const seen = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
