import type { Operation } from '../openapi/operation.ts';

const open = { open: true } as const;

/** The description of what operators may ask without a key. */
export const operatorApi: readonly Operation[] = [
  {
    ...open,
    method: 'get',
    path: '/healthz',
    summary: 'Is the process alive?',
    responses: { 200: { description: 'It is', example: { status: 'ok' } } },
  },
  {
    ...open,
    method: 'get',
    path: '/readyz',
    summary: 'Are MongoDB and Redis there, and set up as they must be?',
    responses: {
      200: { description: 'Ready', example: { status: 'ready', checks: [{ name: 'mongodb', ok: true }] } },
      503: { description: 'Not ready, and why' },
    },
  },
  {
    ...open,
    method: 'get',
    path: '/metrics',
    summary: 'Figures for Prometheus',
    responses: { 200: { description: 'Text format', type: 'text/plain' } },
  },
  {
    ...open,
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    responses: { 200: { description: 'OpenAPI 3.1' } },
  },
  {
    ...open,
    method: 'get',
    path: '/docs',
    summary: 'This document, to browse',
    responses: { 200: { description: 'A page', type: 'text/html' } },
  },
];
