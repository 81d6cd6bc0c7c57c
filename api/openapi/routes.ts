import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { Router } from 'express';
import { refuseMethod } from '../http/errors.ts';

/** Swagger UI is served from the installed package: nothing is loaded from elsewhere. */
const ASSETS = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const SHOWN = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lethe API</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/page.css">
</head>
<body>
<header><h1>Lethe API</h1></header>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;
/**
 * Without deep links: they would be links inside of buttons, which a screen reader does not tell apart. What Swagger UI
 * draws gets its place under the page's own heading, and a landmark.
 */
const START = `SwaggerUIBundle({
  url: 'openapi.json',
  domNode: document.getElementById('page'),
  deepLinking: false,
  onComplete() {
    document.querySelector('#page .info .title')?.setAttribute('aria-level', '2');
    const about = document.querySelector('#page .information-container');
    about?.setAttribute('role', 'region');
    about?.setAttribute('aria-label', 'About this API');
  },
});
`;

/** Swagger UI's own colours are too faint for many (WCAG 2.2, criterion 1.4.3): dark enough on what they stand on. */
const STYLE = `body { margin: 0; }
h1 { max-width: 1460px; margin: 0 auto; padding: 24px 20px 0; font: 700 32px sans-serif; color: #1d2330; }
.swagger-ui .info hgroup.main .title { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.swagger-ui .microlight span[style*="211, 99, 99"] { color: #ff9d9d !important; }
.swagger-ui .opblock.opblock-get .opblock-summary-method { background: #1558b0; color: #fff; }
.swagger-ui .opblock.opblock-post .opblock-summary-method { background: #1a6b41; color: #fff; }
.swagger-ui .opblock.opblock-put .opblock-summary-method { background: #8a4b00; color: #fff; }
.swagger-ui .opblock.opblock-patch .opblock-summary-method { background: #00645c; color: #fff; }
.swagger-ui .opblock.opblock-delete .opblock-summary-method { background: #b3261e; color: #fff; }
.swagger-ui :is(.opblock-summary-description, .parameter__type, .parameter__in, .parameter__name, .prop-format, .prop-type,
  .response-col_links, .tab li, .url, .opblock-tag small, .btn, label, table thead tr :is(th, td), .renderedMarkdown p) { color: #1d2330; }
.swagger-ui .parameter__name.required::after, .swagger-ui .parameter__name.required span { color: #b3261e; }
.swagger-ui :is(.btn.authorize, .btn.try-out__btn, .btn.cancel) { color: #1d2330; border-color: #1d2330; }
.swagger-ui .btn.authorize svg { fill: #1d2330; }
.swagger-ui .btn.execute { background: #1558b0; border-color: #1558b0; color: #fff; }
`;

/** The page may run its own two scripts and load the files beside it. Swagger UI draws its icons as data. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** `/openapi.json`, and `/docs` to browse it. */
export function openApiRoutes(document: object): Router {
  const router = Router();
  router
    .route('/openapi.json')
    .get((_request, response) => {
      response.json(document);
    })
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/docs')
    .get((_request, response) => {
      response.set('Content-Security-Policy', POLICY).type('html').send(PAGE);
    })
    .all(refuseMethod('GET, HEAD'));
  router.get('/docs/start.js', (_request, response) => {
    response.type('js').send(START);
  });
  router.use('/docs/page.css', (_request, response) => {
    response.type('css').send(STYLE);
  });
  router.use('/docs', (request, response, next) => {
    if (SHOWN.includes(request.path.slice(1))) serve(request, response, next);
    else next();
  });
  const serve = express.static(ASSETS, { index: false, cacheControl: false });
  return router;
}
