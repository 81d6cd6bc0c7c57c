import { namedAnswers } from '../http/named-errors.ts';
import type { Operation } from '../openapi/operation.ts';
import {
  accountsAnswer,
  keyAnswer,
  keysAnswer,
  newKeyAnswer,
  newPersonAnswer,
  oidcAnswer,
  peopleAnswer,
  personAnswer,
  sessionAnswer,
} from './answers.ts';
import {
  keyParams,
  keySchema,
  oidcStartSchema,
  passwordSchema,
  personParams,
  personSchema,
  resetSchema,
  signInSchema,
} from './schema.ts';

const ACCOUNT = 'acc_aB3dE6gH9jK2';
const PERSON = {
  id: 'usr_abcdefghijklmnopabcdefgh',
  email: 'jo@example.com',
  name: 'Jo',
  role: 'clerk',
  covers: 'account',
  accounts: [{ id: ACCOUNT, name: 'Acme' }],
  disabled: false,
  totp: false,
  created_at: '2026-01-31T12:00:00.000Z',
  last_sign_in: '2026-01-31T12:00:00.000Z',
};
const SESSION = {
  user: {
    id: PERSON.id,
    email: PERSON.email,
    name: PERSON.name,
    role: PERSON.role,
    scopes: ['look', 'forget', 'redact', 'access'],
    accounts: PERSON.accounts,
  },
  csrf: 'mZ2sXv0yJ8c1aVb7dQe4fRg5hTj6kUl3',
  expires_at: '2026-02-01T00:00:00.000Z',
  environment: 'staging',
};
const KEY = {
  id: 'aB3dE6gH9jK2mN5p',
  label: 'website',
  scopes: ['look', 'forget'],
  created_at: '2026-01-31T12:00:00.000Z',
  last_used_at: '2026-01-31T12:00:00.000Z',
  expires_at: '2026-12-31T00:00:00.000Z',
  revoked: false,
  revoked_at: '2026-01-31T12:00:00.000Z',
};
const ONCE = { password: 'q7Rw2Xt9Kd4Lm6Pz8Bv3', totp_address: 'otpauth://totp/Lethe%3Ajo%40example.com?secret=...' };

/** The description of what the console needs beside the contracts. */
export const consoleApi: readonly Operation[] = [
  {
    method: 'get',
    path: '/',
    open: true,
    summary: 'Leads to the console',
    responses: { 302: { description: 'To /console/', type: null } },
  },
  {
    method: 'post',
    path: '/console/api/session',
    open: true,
    summary: 'Sign in',
    description: 'Sets the cookie of the session. Every write after it carries `csrf` in the header `X-CSRF-Token`.',
    body: signInSchema,
    bodyExample: { email: PERSON.email, password: 'correct horse battery' },
    responses: {
      200: { description: 'Signed in', schema: sessionAnswer, example: SESSION },
      ...namedAnswers('invalid_sign_in', 'totp_required'),
    },
  },
  {
    method: 'get',
    path: '/console/api/session',
    'x-scope': 'look',
    summary: 'Who is signed in',
    responses: { 200: { description: 'The session', schema: sessionAnswer, example: SESSION }, ...namedAnswers() },
  },
  {
    method: 'delete',
    path: '/console/api/session',
    'x-scope': 'look',
    summary: 'Sign out',
    responses: { 204: { description: 'Signed out', type: null }, ...namedAnswers('csrf') },
  },
  {
    method: 'post',
    path: '/console/api/session/password',
    'x-scope': 'look',
    summary: 'Change the own password',
    description: 'Ends all other sessions of the person.',
    body: passwordSchema,
    bodyExample: { current: ONCE.password, password: 'correct horse battery' },
    responses: {
      200: { description: 'A new session', schema: sessionAnswer, example: SESSION },
      ...namedAnswers('invalid_sign_in', 'csrf'),
    },
  },
  {
    method: 'get',
    path: '/console/api/oidc',
    open: true,
    summary: 'May people sign in with an OpenID Connect provider?',
    responses: {
      200: { description: 'The provider', schema: oidcAnswer, example: { enabled: true, name: 'Example' } },
    },
  },
  {
    method: 'get',
    path: '/console/api/oidc/start',
    open: true,
    summary: 'Sign in with the provider: for a browser, not for a program',
    query: oidcStartSchema,
    responses: {
      302: { description: 'To the provider; to the console when it cannot be reached', type: null },
      ...namedAnswers('route_not_found'),
    },
  },
  {
    method: 'get',
    path: '/console/api/oidc/callback',
    open: true,
    // What providers send along differs; what is read is checked against what the browser has kept.
    lenient: true,
    summary: 'Where the provider sends the browser back to',
    responses: {
      302: { description: 'To the console: signed in, or with `sign-in=refused` or `sign-in=failed`', type: null },
      ...namedAnswers('route_not_found'),
    },
  },
  {
    method: 'get',
    path: '/console/api/accounts',
    'x-scope': 'look',
    summary: 'The accounts that the caller may work on',
    responses: {
      200: {
        description: 'By name',
        schema: accountsAnswer,
        example: {
          items: [
            {
              ...{ id: ACCOUNT, name: 'Acme', parent_id: 'acc_Zy8xW5vU2tS1' },
              ...{ time_zone: 'Europe/London', agency: false, disabled: true },
            },
          ],
        },
      },
      ...namedAnswers(),
    },
  },
  {
    method: 'get',
    path: '/console/api/people',
    'x-scope': 'people',
    summary: 'Who may sign in',
    responses: {
      200: { description: 'By name', schema: peopleAnswer, example: { items: [PERSON] } },
      ...namedAnswers(),
    },
  },
  {
    method: 'post',
    path: '/console/api/people',
    'x-scope': 'people',
    summary: 'Let somebody in',
    body: personSchema,
    bodyExample: { email: PERSON.email, name: PERSON.name, role: PERSON.role, account: ACCOUNT },
    responses: {
      201: {
        description: 'The person, with a password that is shown once',
        schema: newPersonAnswer,
        example: { ...PERSON, ...ONCE },
      },
      ...namedAnswers('csrf', 'conflict'),
    },
  },
  {
    method: 'post',
    path: '/console/api/people/:person/disable',
    'x-scope': 'people',
    summary: 'Keep somebody out, at once',
    params: personParams,
    responses: {
      200: { description: 'The person', schema: personAnswer, example: PERSON },
      ...namedAnswers('csrf', 'route_not_found', 'conflict'),
    },
  },
  {
    method: 'post',
    path: '/console/api/people/:person/reset',
    'x-scope': 'people',
    summary: 'Give somebody another password, and let them in again',
    params: personParams,
    body: resetSchema,
    bodyExample: {},
    responses: {
      200: {
        description: 'The person, with a password that is shown once',
        schema: newPersonAnswer,
        example: { ...PERSON, ...ONCE },
      },
      ...namedAnswers('csrf', 'route_not_found'),
    },
  },
  {
    method: 'get',
    path: '/console/api/keys',
    'x-scope': 'settings',
    summary: "The account's keys, oldest first",
    responses: {
      200: { description: 'Revoked ones, too', schema: keysAnswer, example: { items: [KEY] } },
      ...namedAnswers(),
    },
  },
  {
    method: 'post',
    path: '/console/api/keys',
    'x-scope': 'settings',
    summary: 'Make a key',
    body: keySchema,
    bodyExample: { label: KEY.label, scopes: KEY.scopes },
    responses: {
      201: {
        description: 'The whole key, shown once',
        schema: newKeyAnswer,
        example: { ...KEY, key: `${KEY.id}.SECRET` },
      },
      ...namedAnswers('csrf'),
    },
  },
  {
    method: 'post',
    path: '/console/api/keys/:key/revoke',
    'x-scope': 'settings',
    summary: 'Revoke a key, at once',
    params: keyParams,
    responses: {
      200: { description: 'The key', schema: keyAnswer, example: KEY },
      ...namedAnswers('csrf', 'route_not_found'),
    },
  },
];
