import { INTERACTION_FAULTS, type InteractionFaultName } from '../../src/contracts/interactions/faults.ts';
import { describeErrors, errorAnswers } from '../openapi/error-answers.ts';
import type { Answer, Operation } from '../openapi/operation.ts';
import { logAnswer, pastAnswer, redactedAnswer, redactingAnswer, redactionAnswer, settingsAnswer } from './answers.ts';
import {
  accountParams,
  figuresSchema,
  interactionParams,
  logSchema,
  narrowSchema,
  redactSchema,
  referenceParams,
  searchSchema,
  settingsSchema,
} from './schema.ts';

/** The refusals of the table and of this contract. */
function answers(...names: InteractionFaultName[]): Record<number, Answer> {
  const faults = [...new Set(['not_found', 'bad_field', ...names] as const)].map((name) => {
    const { status, message } = INTERACTION_FAULTS[name];
    return { status, description: message, example: { error: { code: status, msg: message } } };
  });
  return errorAnswers([...describeErrors(), ...faults]);
}

const ACCOUNT = 'acc_aB3dE6gH9jK2';
const SETTINGS = {
  account: ACCOUNT,
  agency: 'acc_Zy8xW5vU2tS1',
  manual: true,
  automatic: 'daily',
  time_zone: 'Europe/London',
  effective: { manual: true, automatic: 'daily' },
};
const ROW = {
  id: 'c12',
  kind: 'call',
  direction: 'inbound',
  at: '2026-01-31T12:00:00.000Z',
  status: 'answered',
  tracking_number: '447700900999',
  source: 'newspaper',
  call_flow: null,
  redacted: true,
  redacted_at: '2026-02-01T00:00:00.000Z',
  contact_number: null,
  personal: { caller_name: null, transcript: null },
};
const REQUEST = {
  reference: 'BWwmkoxO3YTfpEt',
  state: 'accepted',
  created_at: '2026-02-01T00:00:00.000Z',
  due_at: '2026-02-02T00:00:00.000Z',
  completed_at: null,
  before: '2026-01-31T12:00:00.000Z',
  redacted: {},
};
const FIGURES = { total: 3, redacted: 1 };

/** The description of the contract for interactions. */
export const interactionsApi: readonly Operation[] = [
  {
    method: 'get',
    path: '/accounts/:account/redaction',
    'x-scope': 'look',
    summary: 'What an account has set about redaction, and what of it is in force',
    description: 'For an agency `agency` is null, and `allow_sub_accounts` stands beside it.',
    params: accountParams,
    responses: { 200: { description: 'The settings', schema: settingsAnswer, example: SETTINGS }, ...answers() },
  },
  {
    method: 'patch',
    path: '/accounts/:account/redaction',
    'x-scope': 'settings',
    summary: 'Change settings of redaction',
    description: "A sub-account's settings are in force while its agency allows them.",
    params: accountParams,
    body: settingsSchema,
    bodyExample: { manual: true, automatic: 'daily' },
    responses: {
      200: { description: 'The settings now', schema: settingsAnswer, example: SETTINGS },
      ...answers('agency_forbids', 'bad_field'),
    },
  },
  {
    method: 'get',
    path: '/accounts/:account/interactions',
    'x-scope': 'access',
    summary: 'Calls, texts, chats and forms, newest first',
    description: "`personal` has the fields that the data map names for the row's collection.",
    params: accountParams,
    query: logSchema,
    responses: {
      200: { description: 'One page', schema: logAnswer, example: { interactions: [ROW], next: null } },
      ...answers('bad_field'),
    },
  },
  {
    method: 'post',
    path: '/accounts/:account/interactions/search',
    'x-scope': 'access',
    summary: 'The same, by contact, tracking number, source, status or tag, too',
    description:
      'In a body: an address is kept by browsers and proxies. What a collection has no field for, none of its rows is.',
    params: accountParams,
    body: searchSchema,
    bodyExample: { kind: 'call', contact: '447700900123' },
    responses: {
      200: { description: 'One page', schema: logAnswer, example: { interactions: [ROW], next: null } },
      ...answers('bad_field'),
    },
  },
  {
    method: 'get',
    path: '/accounts/:account/interactions/report',
    'x-scope': 'look',
    summary: 'Figures of a period',
    description: 'Redacted interactions count everywhere but where contact, session or tag is what is counted.',
    params: accountParams,
    query: figuresSchema,
    responses: {
      200: {
        description: 'The figures',
        example: {
          ...FIGURES,
          by_kind: { call: FIGURES },
          by_status: { answered: FIGURES },
          by_source: { newspaper: FIGURES },
          by_tracking_number: { 447700900999: FIGURES },
          contacts: { count: 2, at_least: false },
          sessions: 1,
          by_tag: { sales: 1 },
        },
      },
      ...answers('bad_field'),
    },
  },
  {
    method: 'post',
    path: '/accounts/:account/interactions/:interaction/redact',
    'x-scope': 'redact',
    summary: 'Redact an interaction, the past ones with the same contact, or both',
    params: interactionParams,
    query: narrowSchema,
    body: redactSchema,
    bodyExample: { redact_content: true, redact_past: false, understood: true },
    responses: {
      200: { description: 'The interaction as it stands now', schema: redactedAnswer, example: ROW },
      202: {
        description: 'The past ones are redacted by a worker',
        schema: redactingAnswer,
        example: { ...REQUEST, interaction: ROW },
      },
      ...answers(
        'agency_forbids',
        'manual_off',
        'nothing_asked',
        'bad_field',
        'several',
        'number_gone',
        'number_unclear',
        'not_removable',
      ),
    },
  },
  {
    method: 'get',
    path: '/accounts/:account/interactions/:interaction/past',
    'x-scope': 'redact',
    summary: 'How many past ones `redact_past` would take',
    description: 'By the same search. Nothing is written, and nothing of them is shown.',
    params: interactionParams,
    query: narrowSchema,
    responses: {
      200: {
        description: 'By the names of the data map',
        schema: pastAnswer,
        example: { before: '2026-01-31T12:00:00.000Z', counts: { calls: 3, received_sms: 1 }, total: 4 },
      },
      ...answers('bad_field', 'several', 'number_gone', 'number_unclear'),
    },
  },
  {
    method: 'get',
    path: '/accounts/:account/redactions/:reference',
    'x-scope': 'look',
    summary: 'Is it done, and how many were redacted?',
    params: referenceParams,
    responses: {
      200: {
        description: 'How it stands',
        schema: redactionAnswer,
        example: { ...REQUEST, state: 'completed', completed_at: '2026-02-01T00:00:05.000Z', redacted: { calls: 3 } },
      },
      ...answers(),
    },
  },
];
