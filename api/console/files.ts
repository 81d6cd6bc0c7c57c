import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, type Response, Router } from 'express';
import { refuseMethod } from '../http/errors.ts';

/** Beside `api` in a checkout, one folder further up where this file was built into `dist`. */
const FOLDERS = ['../../console/dist/', '../../../console/dist/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/**
 * The console runs its own scripts and styles, talks to this API, and sends forms nowhere else. No text becomes markup:
 * trusted types are demanded, and none are made.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "require-trusted-types-for 'script'",
].join('; ');

const NOT_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Lethe</title></head>
<body>
<main>
<h1>The console is not built</h1>
<p>Run <code>npm run console</code> in the folder of the project, and load this page again.</p>
<p>The API is there all the same: <a href="/docs">its description</a>.</p>
</main>
</body>
</html>
`;

/** What stands in `assets` has a hash of its contents in its name: it never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * The console's pages: the files of its build, and its first page for every other path below `/console`, which the page
 * itself takes apart. Nothing personal stands in them, so no key is asked for.
 * @param folders where the build may lie; the first that is there
 */
export function consoleFiles(folders: readonly string[] = FOLDERS): Router {
  const router = Router();
  router
    .route('/')
    .get((_request, response) => {
      response.redirect(302, '/console/');
    })
    .all(refuseMethod('GET, HEAD'));
  router.use('/console', isPage, servePage(folders));
  return router;
}

/** Leaves the API below `/console/api`, and what is no reading, to others. */
const isPage: RequestHandler = (request, _response, next) => {
  if (!['GET', 'HEAD'].includes(request.method) || /^\/api(\/|$)/.test(request.path)) next('router');
  else next();
};

function servePage(folders: readonly string[]): Router {
  const router = Router();
  // Looked for at each request: the console may be built while the API runs.
  const find = () => folders.find((folder) => existsSync(join(folder, 'index.html')));
  const files = new Map(
    folders.map((folder) => [
      folder,
      express.static(folder, { index: false, redirect: false, etag: false, cacheControl: false, setHeaders: keep }),
    ]),
  );
  router.use((_request, response, next) => {
    response.set({
      'Content-Security-Policy': POLICY,
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
    });
    next();
  });
  router.use((request, response, next) => {
    const folder = find();
    if (folder === undefined) response.status(503).type('html').send(NOT_BUILT);
    else files.get(folder)?.(request, response, next);
  });
  router.use(async (request, response, next) => {
    const folder = find();
    // A file that is not there is no page: an old page that asks for an old script must not get markup.
    if (folder === undefined || request.path.startsWith('/assets/')) next('router');
    else response.type('html').send(await readFile(join(folder, 'index.html')));
  });
  return router;
}

function keep(response: Response, path: string): void {
  if (/[\\/]assets[\\/]/.test(path)) response.set('Cache-Control', FOR_EVER);
}
