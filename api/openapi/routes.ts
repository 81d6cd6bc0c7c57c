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
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;
const START = `SwaggerUIBundle({ url: 'openapi.json', domNode: document.getElementById('page'), deepLinking: true });\n`;

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
  router.use('/docs', (request, response, next) => {
    if (SHOWN.includes(request.path.slice(1))) serve(request, response, next);
    else next();
  });
  const serve = express.static(ASSETS, { index: false, cacheControl: false });
  return router;
}
