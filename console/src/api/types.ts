/** What the API answers, as the console reads it. Times are ISO 8601 in UTC unless said otherwise. */

export const ROLES = ['viewer', 'clerk', 'officer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface SessionUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly scopes?: readonly string[];
  readonly accounts: 'all' | readonly { readonly id: string; readonly name: string }[];
}

export interface Session {
  readonly user: SessionUser;
  readonly csrf: string;
  readonly expires_at: string;
}

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly parent_id?: string | null;
  readonly time_zone: string;
  readonly agency: boolean;
  /** Nothing can be done on it. */
  readonly disabled?: boolean;
}

/** One page of a list; `next` is the cursor of the page after it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string | null;
}

/** Records by the data map's names of collections. */
export type Counts = Readonly<Record<string, number>>;

export interface RequestItem {
  readonly reference: string;
  readonly account: string;
  readonly profile: string;
  /** The number's first and last digits, while the request is open. */
  readonly masked?: string | null;
  readonly state: string;
  readonly deadline_state?: string;
  readonly accepted_at: string;
  readonly due_at: string;
  readonly completed_at?: string | null;
  readonly erased: Counts;
  readonly failed?: { readonly code: string; readonly where?: string; readonly count?: number } | null;
  /** Nothing will be done before this moment. */
  readonly until?: string | null;
  readonly why?: string | null;
}

export interface RequestDetail extends RequestItem {
  readonly timeline?: readonly { readonly at?: string | null; readonly what: string; readonly detail?: unknown }[];
  readonly attempts?: readonly {
    readonly at: string;
    readonly code: string;
    readonly plain?: string;
    readonly where?: string;
    readonly ids?: readonly string[];
  }[];
  readonly lease?: { readonly holder: string; readonly until: string } | null;
  readonly next_look_at?: string | null;
  readonly scan?: {
    readonly percent: number | null;
    readonly read?: number;
    readonly of?: number | null;
    readonly off?: boolean;
    readonly elsewhere?: Counts;
  } | null;
  readonly waits_for?: { readonly what: string; readonly until?: string } | null;
  readonly grace_until?: string;
  readonly cancelled_by?: string;
  readonly can?: { readonly retry: boolean; readonly cancel: boolean };
  readonly requested_by?: string;
}

interface NumberReading {
  readonly international: string;
  readonly national?: string;
  readonly country?: string;
}

export interface NumberStatus {
  readonly state: 'gone' | 'on_its_way' | 'failed' | 'never_asked';
  readonly number_read?: NumberReading;
  readonly suppressed: boolean;
  readonly reference?: string;
  readonly accepted_at?: string;
  readonly completed_at?: string;
  readonly due_at?: string;
  readonly until?: string;
  readonly why?: string;
  readonly erased?: Counts;
  /** It came on record after it was erased. */
  readonly held_again?: boolean;
}

/** A request as the forget contract's status shows it; times in UNIX seconds. */
export interface StatusRequest {
  readonly reference: string;
  readonly state: string;
  readonly created_at: number;
  readonly due_at: number;
  readonly completed_at?: number | null;
  readonly erased: Counts;
}

export interface StatusByDate {
  readonly requests: readonly StatusRequest[];
  readonly total: number;
  readonly day?: string;
  readonly from?: string;
  readonly to?: string;
  readonly searched?: { readonly from: string; readonly to: string };
}

export interface ForgetPreview {
  readonly read: NumberReading;
  readonly counts: Counts;
  /** An open request on the number. */
  readonly already?: string | null;
}

export interface Batch {
  readonly batch: string;
  /** `working`: send the same list once more. */
  readonly state?: 'done' | 'working';
  readonly lines?: number;
  readonly digest?: string;
  readonly items: readonly {
    readonly line: number;
    readonly state: string;
    readonly reference?: string;
    readonly error?: string | { readonly code?: number; readonly msg?: string };
  }[];
}

export const INTERACTION_KINDS = ['call', 'text', 'chat', 'form'] as const;
export type InteractionKind = (typeof INTERACTION_KINDS)[number];

export interface Interaction {
  readonly id: string | null;
  readonly kind: InteractionKind;
  readonly direction: string | null;
  readonly at: string | null;
  readonly status: string | null;
  readonly tracking_number: string | null;
  readonly source: string | null;
  readonly redacted: boolean;
  readonly redacted_at: string | null;
  readonly contact_number: string | null;
  readonly personal: Readonly<Record<string, unknown>>;
}

export interface InteractionPage {
  readonly interactions: readonly Interaction[];
  readonly next?: string | null;
}

export type Automatic = 'off' | 'daily' | 30 | 60 | 90;

export interface RedactionSettings {
  readonly account: string;
  readonly agency: string | null;
  readonly allow_sub_accounts?: boolean;
  readonly manual: boolean;
  readonly automatic: Automatic;
  readonly time_zone: string;
  readonly effective: { readonly manual: boolean; readonly automatic: Automatic };
}

export interface HeldData {
  readonly searched_at: string;
  readonly searched: readonly string[];
  readonly kept: {
    readonly suppressions: readonly Readonly<Record<string, unknown>>[];
    readonly requests: readonly Readonly<Record<string, unknown>>[];
    readonly audit: readonly Readonly<Record<string, unknown>>[];
  };
  readonly collections: Readonly<
    Record<
      string,
      {
        readonly category: string;
        readonly records: readonly {
          readonly id?: string;
          readonly at?: string;
          readonly fields: readonly { readonly path: string; readonly category: string; readonly value: unknown }[];
        }[];
      }
    >
  >;
  readonly counts: Counts;
}

export interface Suppression {
  readonly id?: string;
  readonly masked?: string;
  readonly since?: string | null;
  readonly why?: string | null;
  readonly by?: string | null;
}

export interface SuppressionCheck extends Suppression {
  readonly suppressed: boolean;
  readonly reference?: string | null;
}

export interface AuditEntry {
  readonly sequence: number;
  readonly at: string;
  readonly action: string;
  readonly actor: string | { readonly id?: string; readonly name?: string };
  readonly account?: string;
  readonly reference?: string;
  readonly detail?: unknown;
}

export interface AuditVerdict {
  readonly ok: boolean;
  readonly entries: number;
  readonly chains: readonly {
    readonly account: string;
    readonly entries: number;
    readonly from: number;
    readonly to: number;
    readonly head: string;
    readonly head_at?: string;
  }[];
  readonly faults: readonly {
    readonly account: string;
    readonly sequence: number;
    readonly through?: number;
    readonly fault: string;
  }[];
  readonly faults_found: number;
}

export interface MonthFigures {
  readonly month: string;
  readonly received: number;
  readonly completed: number;
  readonly median_seconds: number | null;
  readonly p95_seconds: number | null;
  readonly overdue: number;
  readonly missed: number;
  readonly failed_by_cause: Counts;
  readonly by_profile: Readonly<Record<string, unknown>>;
  readonly by_account: readonly ({ readonly account: string } & Readonly<Record<string, unknown>>)[];
  readonly by_day: readonly { readonly day: string; readonly received: number; readonly completed: number }[];
}

export interface SystemState {
  readonly health: { readonly mongodb: unknown; readonly redis: unknown; readonly storage?: unknown };
  readonly ready: boolean;
  readonly why?: readonly string[];
  readonly deadlines: { readonly on_track: number; readonly due_soon: number; readonly overdue: number };
  readonly workers: readonly {
    readonly id: string;
    readonly version?: string;
    readonly host?: string;
    readonly started_at?: string;
    readonly seen_at?: string;
  }[];
  readonly queues: readonly {
    readonly name: string;
    readonly waiting: number;
    readonly active: number;
    readonly delayed: number;
    readonly oldest_age_s?: number | null;
  }[];
  readonly scans: readonly {
    readonly account: string;
    readonly collection?: string;
    readonly turn_percent?: number;
    readonly joiners?: number;
    readonly off?: readonly string[] | boolean;
  }[];
  readonly keys: readonly { readonly id: string; readonly in_use: boolean; readonly at_hand: boolean }[];
  readonly version?: string;
  readonly environment?: string;
}

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly covers?: 'account' | 'agency' | 'all';
  readonly accounts: 'all' | readonly { readonly id: string; readonly name: string }[];
  readonly disabled: boolean;
  readonly totp: boolean;
  readonly last_sign_in?: string | null;
}

export interface ApiKey {
  readonly id: string;
  readonly label: string;
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly expires_at?: string | null;
  readonly last_used_at?: string | null;
  readonly revoked: boolean;
}

/** A person who was just let in or given another password; both are shown once. */
export interface NewPerson extends Person {
  readonly password: string;
  readonly totp_address?: string;
}

/** A key that was just made; `key` is the whole of it, shown once. */
export interface NewKey extends ApiKey {
  readonly key: string;
}
