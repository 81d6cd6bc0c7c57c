import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { buildConsole } from '../../local/console.ts';
import { LIMITS } from './limits.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'] as const;

/**
 * The browser of the tests: `CHROMIUM_PATH`, else one on the PATH, else none.
 * @throws Error when `CHROMIUM_PATH` names none: where it is set a browser is demanded
 */
function findChromium(): string | null {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    accessSync(named, constants.X_OK);
    return named;
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return places.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const PATH = findChromium();
if (PATH === null)
  console.error('NO BROWSER, NO TESTS OF THE CONSOLE: install chromium, or set CHROMIUM_PATH to demand one');

/** Tests that need a browser. Without one they are left out, after a loud line. */
export const describeInBrowser = PATH === null ? describe.skip : describe;

/** What a page did that it must never do, whatever else was tried on it. */
interface Watched {
  /** Addresses of everything that was asked for, and of the pages themselves. */
  readonly addresses: string[];
  /** What the policy refused, and errors that nobody caught. */
  readonly faults: string[];
}

export interface OpenPage extends Watched {
  readonly page: Page;
  readonly context: BrowserContext;
}

export interface OpenBrowser {
  /** A page with cookies and storage of its own. */
  open(options?: { width?: number; scheme?: 'light' | 'dark' }): Promise<OpenPage>;
  close(): Promise<void>;
}

/** Builds the console where that is needed, and starts a browser. */
export async function openBrowser(): Promise<OpenBrowser> {
  const lines: string[] = [];
  await buildConsole((line) => lines.push(line));
  const browser: Browser = await chromium.launch({
    executablePath: PATH ?? '',
    // In a container the tests run as root, where Chromium's own sandbox does not start. It visits this machine only.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  return {
    async open({ width = 1280, scheme = 'light' } = {}) {
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme: scheme,
        locale: 'en-GB',
      });
      context.setDefaultTimeout(LIMITS.answerMs);
      const page = await context.newPage();
      return { page, context, ...watch(page) };
    },
    close: () => browser.close(),
  };
}

function watch(page: Page): Watched {
  const addresses: string[] = [];
  const faults: string[] = [];
  page.on('request', (request) => addresses.push(request.url()));
  page.on('framenavigated', (frame) => addresses.push(frame.url()));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/content security policy|trusted ?type/i.test(message.text())) faults.push(message.text());
  });
  return { addresses, faults };
}

/** Everything that the browser keeps of a page: addresses of the history's state, storage, names of databases and caches. */
export function readKept(page: Page): Promise<string> {
  return page.evaluate(`(async () => JSON.stringify([
    location.href, history.state, { ...localStorage }, { ...sessionStorage }, document.cookie,
    (await indexedDB.databases()).map(({ name }) => name), 'caches' in window ? await caches.keys() : [],
  ]))()`);
}
