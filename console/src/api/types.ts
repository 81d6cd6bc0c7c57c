import type { Answers } from './generated.ts';

/** Names for parts of what the API answers. Times are ISO 8601 in UTC unless said otherwise. */

export type Session = Answers['getConsoleApiSession'];
type SessionUser = Session['user'];
export type Role = SessionUser['role'];
export const ROLES = ['viewer', 'clerk', 'officer', 'admin'] as const satisfies readonly Role[];
export type Scope = SessionUser['scopes'][number];

export type Account = Answers['getConsoleApiAccounts']['items'][number];
export type Person = Answers['getConsoleApiPeople']['items'][number];
/** A person who was just let in or given another password; both are shown once. */
export type NewPerson = Answers['postConsoleApiPeople'];
export type ApiKey = Answers['getConsoleApiKeys']['items'][number];
/** A key that was just made; `key` is the whole of it, shown once. */
export type NewKey = Answers['postConsoleApiKeys'];

/** One page of a list; `next` is the cursor of the page after it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string;
}

/** Records by the data map's names of collections. */
export type Counts = Readonly<Record<string, number>>;

export type RequestItem = Answers['getRequests']['items'][number];
export type RequestDetail = Answers['getRequestsReference'];

/** How one number stands. */
export type NumberStatus = Extract<Answers['postGdprStatus'], { readonly suppressed: boolean }>;
/** The requests of a day or of several; times in UNIX seconds. */
export type StatusByDate = Exclude<Answers['postGdprStatus'], NumberStatus>;
export type StatusRequest = StatusByDate['requests'][number];
export type ForgetPreview = Answers['postGdprForgetPreview'];
/** `working`: send the same list once more. */
export type Batch = Answers['postGdprForgetBatch'];

export type InteractionPage = Answers['postAccountsAccountInteractionsSearch'];
export type Interaction = InteractionPage['interactions'][number];
export type InteractionKind = Interaction['kind'];
export const INTERACTION_KINDS = ['call', 'text', 'chat', 'form'] as const satisfies readonly InteractionKind[];
export type RedactionSettings = Answers['getAccountsAccountRedaction'];
export type Automatic = RedactionSettings['automatic'];
/** What redacting the past of an interaction would take. */
export type PastCounts = Answers['getAccountsAccountInteractionsInteractionPast'];

export type HeldData = Answers['postGdprAccess'];
export type Suppression = Answers['getSuppressions']['items'][number];
export type SuppressionCheck = Answers['postSuppressionsCheck'];

export type AuditEntry = Answers['getAudit']['items'][number];
export type AuditVerdict = Answers['postAuditVerify'];
export type MonthFigures = Answers['getFigures'];
export type SystemState = Answers['getSystem'];
export type MapCheck = Answers['postSystemMapCheck'];
