// Made from the API's description by `npm run readme`: change the schemas in `api/`, not this.

/** What the API answers when all is well, by the names of its operations. */
export interface Answers {
  /** `POST /gdpr/forget`: Erase a number */
  readonly postGdprForget: {
    readonly status: 'SUCCESS';
    readonly msg: string;
    readonly reference: string;
    /** UNIX seconds */
    readonly created_at: number;
    readonly sandbox?: true;
    /** Records, by the names of the data map */
    readonly would_erase?: Readonly<Record<string, number>>;
  };

  /** `POST /gdpr/forget/batch`: Erase many numbers */
  readonly postGdprForgetBatch: {
    readonly batch: string;
    /** SHA-256 of the numbers as they were sent, joined by line feeds */
    readonly digest?: string;
    readonly state: 'working' | 'done';
    readonly lines: number;
    readonly done: number;
    readonly accepted: number;
    readonly refused: number;
    readonly items: ReadonlyArray<{
      /** From 1 */
      readonly line: number;
      readonly state: 'accepted' | 'refused';
      readonly reference?: string;
      readonly error?: {
        readonly code: number;
        readonly msg: string;
      };
    }>;
  };

  /** `GET /gdpr/forget/batch/{batch}`: How far a batch is, and what became of its lines */
  readonly getGdprForgetBatchBatch: Answers['postGdprForgetBatch'];

  /** `GET /gdpr/status`: Is it done? By day of submission, or by reference */
  readonly getGdprStatus: {
    readonly status: 'SUCCESS' | 'FAILED';
    readonly code?: number;
    readonly msg: string;
    readonly reference: string;
    /** UNIX seconds */
    readonly created_at: number;
    readonly state: 'accepted' | 'sweeping' | 'waiting' | 'verifying' | 'scanning' | 'failed' | 'completed' | 'cancelled';
    /** UNIX seconds */
    readonly due_at: number;
    readonly deadline: 'on_track' | 'due_soon' | 'overdue' | 'met' | 'missed';
    readonly completed_at: number | null;
    /** Records, by the names of the data map */
    readonly erased: Readonly<Record<string, number>>;
    readonly why?: string;
    /** UNIX seconds */
    readonly until?: number;
    readonly failing?: {
      /** UNIX seconds */
      readonly since: number;
      readonly why: string;
      readonly where?: string;
      readonly help: string;
      /** UNIX seconds */
      readonly next_attempt_at: number;
    };
    readonly scan?: {
      readonly read: number;
      readonly of: number | null;
    } | 'off';
    readonly not_scanned?: ReadonlyArray<string>;
    /** Records, by the names of the data map */
    readonly elsewhere?: Readonly<Record<string, number>>;
    readonly requests: ReadonlyArray<{
      readonly status: 'SUCCESS' | 'FAILED';
      readonly code?: number;
      readonly msg: string;
      readonly reference: string;
      /** UNIX seconds */
      readonly created_at: number;
      readonly state: 'accepted' | 'sweeping' | 'waiting' | 'verifying' | 'scanning' | 'failed' | 'completed' | 'cancelled';
      /** UNIX seconds */
      readonly due_at: number;
      readonly deadline: 'on_track' | 'due_soon' | 'overdue' | 'met' | 'missed';
      readonly completed_at: number | null;
      /** Records, by the names of the data map */
      readonly erased: Readonly<Record<string, number>>;
      readonly why?: string;
      /** UNIX seconds */
      readonly until?: number;
      readonly failing?: {
        /** UNIX seconds */
        readonly since: number;
        readonly why: string;
        readonly where?: string;
        readonly help: string;
        /** UNIX seconds */
        readonly next_attempt_at: number;
      };
      readonly scan?: {
        readonly read: number;
        readonly of: number | null;
      } | 'off';
      readonly not_scanned?: ReadonlyArray<string>;
      /** Records, by the names of the data map */
      readonly elsewhere?: Readonly<Record<string, number>>;
    }>;
    readonly total: number;
    /** A day as 2026-01-31 */
    readonly day?: string;
    /** A day as 2026-01-31 */
    readonly from?: string;
    /** A day as 2026-01-31 */
    readonly to?: string;
    readonly searched?: {
      /** A day as 2026-01-31 */
      readonly from: string;
      /** A day as 2026-01-31 */
      readonly to: string;
    };
  };

  /** `POST /gdpr/status`: Is it done? By number, by day of submission, or by reference */
  readonly postGdprStatus: {
    readonly status: 'SUCCESS' | 'FAILED';
    readonly code?: number;
    readonly msg: string;
    readonly reference: string;
    /** UNIX seconds */
    readonly created_at: number;
    readonly state: 'accepted' | 'sweeping' | 'waiting' | 'verifying' | 'scanning' | 'failed' | 'completed' | 'cancelled';
    /** UNIX seconds */
    readonly due_at: number;
    readonly deadline: 'on_track' | 'due_soon' | 'overdue' | 'met' | 'missed';
    readonly completed_at: number | null;
    /** Records, by the names of the data map */
    readonly erased: Readonly<Record<string, number>>;
    readonly why?: string;
    /** UNIX seconds */
    readonly until?: number;
    readonly failing?: {
      /** UNIX seconds */
      readonly since: number;
      readonly why: string;
      readonly where?: string;
      readonly help: string;
      /** UNIX seconds */
      readonly next_attempt_at: number;
    };
    readonly scan?: {
      readonly read: number;
      readonly of: number | null;
    } | 'off';
    readonly not_scanned?: ReadonlyArray<string>;
    /** Records, by the names of the data map */
    readonly elsewhere?: Readonly<Record<string, number>>;
    readonly requests: ReadonlyArray<{
      readonly status: 'SUCCESS' | 'FAILED';
      readonly code?: number;
      readonly msg: string;
      readonly reference: string;
      /** UNIX seconds */
      readonly created_at: number;
      readonly state: 'accepted' | 'sweeping' | 'waiting' | 'verifying' | 'scanning' | 'failed' | 'completed' | 'cancelled';
      /** UNIX seconds */
      readonly due_at: number;
      readonly deadline: 'on_track' | 'due_soon' | 'overdue' | 'met' | 'missed';
      readonly completed_at: number | null;
      /** Records, by the names of the data map */
      readonly erased: Readonly<Record<string, number>>;
      readonly why?: string;
      /** UNIX seconds */
      readonly until?: number;
      readonly failing?: {
        /** UNIX seconds */
        readonly since: number;
        readonly why: string;
        readonly where?: string;
        readonly help: string;
        /** UNIX seconds */
        readonly next_attempt_at: number;
      };
      readonly scan?: {
        readonly read: number;
        readonly of: number | null;
      } | 'off';
      readonly not_scanned?: ReadonlyArray<string>;
      /** Records, by the names of the data map */
      readonly elsewhere?: Readonly<Record<string, number>>;
    }>;
    readonly total: number;
    /** A day as 2026-01-31 */
    readonly day?: string;
    /** A day as 2026-01-31 */
    readonly from?: string;
    /** A day as 2026-01-31 */
    readonly to?: string;
    readonly searched?: {
      /** A day as 2026-01-31 */
      readonly from: string;
      /** A day as 2026-01-31 */
      readonly to: string;
    };
  } | {
    readonly state: 'gone' | 'on_its_way' | 'failed' | 'never_asked';
    readonly number_read: {
      readonly number: string;
      readonly international: string;
      readonly national: string;
      readonly country: string | null;
    };
    readonly suppressed: boolean;
    readonly reference?: string;
    readonly accepted_at?: string;
    readonly due_at?: string;
    readonly completed_at?: string;
    /** Records, by the names of the data map */
    readonly erased?: Readonly<Record<string, number>>;
    readonly why?: string;
    readonly until?: string;
    /** It came on record after it was erased */
    readonly held_again?: true;
  };

  /** `POST /gdpr/forget/preview`: What would be erased */
  readonly postGdprForgetPreview: {
    readonly read: {
      readonly number: string;
      readonly international: string;
      readonly national: string;
      readonly country: string | null;
    };
    /** Records, by the names of the data map */
    readonly counts: Readonly<Record<string, number>>;
    /** The reference of a request that is under way */
    readonly already?: string;
  };

  /** `POST /blacklist/check`: May this number be written to? */
  readonly postBlacklistCheck: {
    readonly blacklisted: boolean;
  };

  /** `POST /gdpr/receipt/match`: Is this receipt about this number? */
  readonly postGdprReceiptMatch: {
    readonly matches: boolean;
  };

  /** `GET /gdpr/access`: Everything held on a number, before an erasure and after it */
  readonly getGdprAccess: {
    readonly searched_at: string;
    readonly searched: ReadonlyArray<string>;
    readonly kept: {
      readonly suppressions: ReadonlyArray<Readonly<Record<string, unknown>>>;
      readonly requests: ReadonlyArray<Readonly<Record<string, unknown>>>;
      readonly audit: ReadonlyArray<Readonly<Record<string, unknown>>>;
    };
    readonly collections: Readonly<Record<string, {
      readonly category: string;
      readonly records: ReadonlyArray<{
        readonly id?: unknown;
        readonly at?: string;
        readonly fields: ReadonlyArray<{
          readonly path: string;
          readonly category: string;
          readonly value: unknown;
        }>;
      }>;
    }>>;
    readonly counts: Readonly<Record<string, number>>;
  };

  /** `POST /gdpr/access`: The same, with the number in the body: an address is kept by browsers and proxies */
  readonly postGdprAccess: Answers['getGdprAccess'];

  /** `GET /accounts/{account}/redaction`: What an account has set about redaction, and what of it is in force */
  readonly getAccountsAccountRedaction: {
    readonly account: string;
    readonly agency: string | null;
    /** Of an agency only */
    readonly allow_sub_accounts?: boolean;
    readonly manual: boolean;
    readonly automatic: 'off' | 'daily' | 30 | 60 | 90;
    readonly time_zone: string;
    readonly effective: {
      readonly manual: boolean;
      readonly automatic: 'off' | 'daily' | 30 | 60 | 90;
    };
  };

  /** `PATCH /accounts/{account}/redaction`: Change settings of redaction */
  readonly patchAccountsAccountRedaction: Answers['getAccountsAccountRedaction'];

  /** `GET /accounts/{account}/interactions`: Calls, texts, chats and forms, newest first */
  readonly getAccountsAccountInteractions: {
    readonly interactions: ReadonlyArray<{
      readonly id: string | null;
      readonly kind: 'call' | 'text' | 'chat' | 'form';
      readonly direction: 'outbound' | 'inbound' | null;
      readonly at: string | null;
      readonly status: string | null;
      /** The account's own number */
      readonly tracking_number: string | null;
      readonly source: string | null;
      readonly call_flow: unknown;
      readonly redacted: boolean;
      readonly redacted_at: string | null;
      readonly contact_number: string | null;
      /** By the paths of the data map; null once redacted */
      readonly personal: Readonly<Record<string, unknown>>;
    }>;
    readonly next: string | null;
  };

  /** `POST /accounts/{account}/interactions/search`: The same, by contact, tracking number, source, status or tag, too */
  readonly postAccountsAccountInteractionsSearch: Answers['getAccountsAccountInteractions'];

  /** `POST /accounts/{account}/interactions/{interaction}/redact`: Redact an interaction, the past ones with the same contact, or both */
  readonly postAccountsAccountInteractionsInteractionRedact: {
    readonly id: string | null;
    readonly kind: 'call' | 'text' | 'chat' | 'form';
    readonly direction: 'outbound' | 'inbound' | null;
    readonly at: string | null;
    readonly status: string | null;
    /** The account's own number */
    readonly tracking_number: string | null;
    readonly source: string | null;
    readonly call_flow: unknown;
    readonly redacted: boolean;
    readonly redacted_at: string | null;
    readonly contact_number: string | null;
    /** By the paths of the data map; null once redacted */
    readonly personal: Readonly<Record<string, unknown>>;
  } | {
    readonly reference: string;
    readonly state: 'accepted' | 'sweeping' | 'waiting' | 'verifying' | 'scanning' | 'failed' | 'completed' | 'cancelled';
    readonly created_at: string;
    readonly due_at: string;
    readonly completed_at: string | null;
    readonly before: string | null;
    readonly redacted: Readonly<Record<string, number>>;
    readonly interaction: {
      readonly id: string | null;
      readonly kind: 'call' | 'text' | 'chat' | 'form';
      readonly direction: 'outbound' | 'inbound' | null;
      readonly at: string | null;
      readonly status: string | null;
      /** The account's own number */
      readonly tracking_number: string | null;
      readonly source: string | null;
      readonly call_flow: unknown;
      readonly redacted: boolean;
      readonly redacted_at: string | null;
      readonly contact_number: string | null;
      /** By the paths of the data map; null once redacted */
      readonly personal: Readonly<Record<string, unknown>>;
    };
  };

  /** `GET /accounts/{account}/interactions/{interaction}/past`: How many past ones `redact_past` would take */
  readonly getAccountsAccountInteractionsInteractionPast: {
    /** The time of the interaction: that and what is later stays */
    readonly before: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly total: number;
  };

  /** `GET /accounts/{account}/redactions/{reference}`: Is it done, and how many were redacted? */
  readonly getAccountsAccountRedactionsReference: {
    readonly reference: string;
    readonly state: 'accepted' | 'sweeping' | 'waiting' | 'verifying' | 'scanning' | 'failed' | 'completed' | 'cancelled';
    readonly created_at: string;
    readonly due_at: string;
    readonly completed_at: string | null;
    readonly before: string | null;
    readonly redacted: Readonly<Record<string, number>>;
  };

  /** `GET /suppressions`: The numbers that are suppressed, masked, newest first */
  readonly getSuppressions: {
    readonly items: ReadonlyArray<{
      readonly id: string;
      readonly masked: string;
      readonly since: string | null;
      readonly why: string | null;
      readonly by: string | null;
      readonly reference: string | null;
    }>;
    readonly next?: string;
  };

  /** `POST /suppressions/check`: Is this number suppressed, since when, why and by whom? */
  readonly postSuppressionsCheck: {
    readonly suppressed: boolean;
    readonly since?: string | null;
    readonly why?: string | null;
    readonly by?: string | null;
    readonly reference?: string | null;
  };

  /** `POST /suppressions/lift`: Take a number off the list: it may be written to again */
  readonly postSuppressionsLift: {
    readonly suppressed: boolean;
  };

  /** `POST /console/api/session`: Sign in */
  readonly postConsoleApiSession: {
    readonly user: {
      readonly id: string;
      readonly email: string;
      readonly name: string;
      readonly role: 'viewer' | 'clerk' | 'officer' | 'admin';
      readonly scopes: ReadonlyArray<'look' | 'forget' | 'redact' | 'access' | 'audit' | 'settings' | 'people' | 'platform'>;
      /** By name; all of them are not listed */
      readonly accounts: 'all' | ReadonlyArray<{
        readonly id: string;
        readonly name: string;
      }>;
    };
    /** For the header X-CSRF-Token of every write */
    readonly csrf: string;
    readonly expires_at: string;
    readonly environment?: string;
  };

  /** `GET /console/api/session`: Who is signed in */
  readonly getConsoleApiSession: Answers['postConsoleApiSession'];

  /** `POST /console/api/session/password`: Change the own password */
  readonly postConsoleApiSessionPassword: Answers['postConsoleApiSession'];

  /** `GET /console/api/oidc`: May people sign in with an OpenID Connect provider? */
  readonly getConsoleApiOidc: {
    readonly enabled: boolean;
    /** What people call the provider */
    readonly name?: string;
  };

  /** `GET /console/api/accounts`: The accounts that the caller may work on */
  readonly getConsoleApiAccounts: {
    readonly items: ReadonlyArray<{
      readonly id: string;
      readonly name: string;
      /** The agency of a sub-account */
      readonly parent_id?: string;
      readonly time_zone: string;
      readonly agency: boolean;
      /** Nothing can be done on it */
      readonly disabled?: true;
    }>;
  };

  /** `GET /console/api/people`: Who may sign in */
  readonly getConsoleApiPeople: {
    readonly items: ReadonlyArray<{
      readonly id: string;
      readonly email: string;
      readonly name: string;
      readonly role: 'viewer' | 'clerk' | 'officer' | 'admin';
      readonly covers: 'account' | 'agency' | 'all';
      /** By name; all of them are not listed */
      readonly accounts: 'all' | ReadonlyArray<{
        readonly id: string;
        readonly name: string;
      }>;
      readonly disabled: boolean;
      readonly totp: boolean;
      readonly created_at: string;
      readonly last_sign_in?: string;
    }>;
  };

  /** `POST /console/api/people`: Let somebody in */
  readonly postConsoleApiPeople: {
    readonly id: string;
    readonly email: string;
    readonly name: string;
    readonly role: 'viewer' | 'clerk' | 'officer' | 'admin';
    readonly covers: 'account' | 'agency' | 'all';
    /** By name; all of them are not listed */
    readonly accounts: 'all' | ReadonlyArray<{
      readonly id: string;
      readonly name: string;
    }>;
    readonly disabled: boolean;
    readonly totp: boolean;
    readonly created_at: string;
    readonly last_sign_in?: string;
    /** Shown once */
    readonly password: string;
    /** For an authenticator app; shown once */
    readonly totp_address?: string;
  };

  /** `POST /console/api/people/{person}/disable`: Keep somebody out, at once */
  readonly postConsoleApiPeoplePersonDisable: {
    readonly id: string;
    readonly email: string;
    readonly name: string;
    readonly role: 'viewer' | 'clerk' | 'officer' | 'admin';
    readonly covers: 'account' | 'agency' | 'all';
    /** By name; all of them are not listed */
    readonly accounts: 'all' | ReadonlyArray<{
      readonly id: string;
      readonly name: string;
    }>;
    readonly disabled: boolean;
    readonly totp: boolean;
    readonly created_at: string;
    readonly last_sign_in?: string;
  };

  /** `POST /console/api/people/{person}/reset`: Give somebody another password, and let them in again */
  readonly postConsoleApiPeoplePersonReset: Answers['postConsoleApiPeople'];

  /** `GET /console/api/keys`: The account's keys, oldest first */
  readonly getConsoleApiKeys: {
    readonly items: ReadonlyArray<{
      readonly id: string;
      readonly label: string;
      readonly scopes: ReadonlyArray<'look' | 'forget' | 'redact' | 'access' | 'audit' | 'settings'>;
      readonly created_at: string;
      readonly expires_at?: string;
      readonly last_used_at?: string;
      readonly revoked: boolean;
      readonly revoked_at?: string;
    }>;
  };

  /** `POST /console/api/keys`: Make a key */
  readonly postConsoleApiKeys: {
    readonly id: string;
    readonly label: string;
    readonly scopes: ReadonlyArray<'look' | 'forget' | 'redact' | 'access' | 'audit' | 'settings'>;
    readonly created_at: string;
    readonly expires_at?: string;
    readonly last_used_at?: string;
    readonly revoked: boolean;
    readonly revoked_at?: string;
    /** The whole of it, shown once */
    readonly key: string;
  };

  /** `POST /console/api/keys/{key}/revoke`: Revoke a key, at once */
  readonly postConsoleApiKeysKeyRevoke: {
    readonly id: string;
    readonly label: string;
    readonly scopes: ReadonlyArray<'look' | 'forget' | 'redact' | 'access' | 'audit' | 'settings'>;
    readonly created_at: string;
    readonly expires_at?: string;
    readonly last_used_at?: string;
    readonly revoked: boolean;
    readonly revoked_at?: string;
  };

  /** `GET /audit`: Who did what, newest first */
  readonly getAudit: {
    readonly items: ReadonlyArray<{
      /** The entry's place in the account's chain */
      readonly sequence: number;
      readonly at: string;
      readonly action: 'data.erasure' | 'data.redaction' | 'data.deletion' | 'data.late' | 'data.access' | 'data.report' | 'data.retention' | 'request.cancel' | 'ledger.drop' | 'settings.change' | 'suppression.lift' | 'people.change' | 'people.sign_in';
      readonly actor: string;
      readonly account: string;
      readonly reference?: string;
      readonly detail: {
        readonly reason: string;
        readonly counts: Readonly<Record<string, number>>;
      };
    }>;
    /** The cursor of the next page; a page may be short and have one */
    readonly next?: string;
  };

  /** `POST /audit/verify`: Is the audit as it was written? */
  readonly postAuditVerify: {
    readonly ok: boolean;
    readonly entries: number;
    readonly chains: ReadonlyArray<{
      readonly account: string;
      readonly entries: number;
      readonly from: number;
      readonly to: number;
      /** The last entry's keyed hash */
      readonly head: string;
      readonly head_at?: string;
    }>;
    /** Were the chains compared with their ends in AUDIT_HEAD_FILE? Where it is set and cannot be read, `ok` is false */
    readonly kept_outside: 'compared' | 'unreadable' | 'none';
    /** The first hundred */
    readonly faults: ReadonlyArray<{
      readonly account: string;
      readonly sequence: number;
      readonly through?: number;
      readonly fault: string;
    }>;
    readonly faults_found: number;
  };

  /** `GET /figures`: What came of the requests of one month */
  readonly getFigures: {
    readonly month: string;
    /** Accepted in the month */
    readonly received: number;
    /** Of those */
    readonly completed: number;
    readonly median_seconds: number | null;
    readonly p95_seconds: number | null;
    /** Unfinished, and past the deadline */
    readonly overdue: number;
    /** Completed after the deadline */
    readonly missed: number;
    /** Requests with an attempt that failed, by the name of the failure */
    readonly failed_by_cause: Readonly<Record<string, number>>;
    readonly by_profile: Readonly<Record<string, {
      /** Accepted in the month */
      readonly received: number;
      /** Of those */
      readonly completed: number;
      readonly median_seconds: number | null;
      readonly p95_seconds: number | null;
      /** Unfinished, and past the deadline */
      readonly overdue: number;
      /** Completed after the deadline */
      readonly missed: number;
      /** Requests with an attempt that failed, by the name of the failure */
      readonly failed_by_cause: Readonly<Record<string, number>>;
    }>>;
    readonly by_account: ReadonlyArray<{
      readonly account: string;
      /** Accepted in the month */
      readonly received: number;
      /** Of those */
      readonly completed: number;
      readonly median_seconds: number | null;
      readonly p95_seconds: number | null;
      /** Unfinished, and past the deadline */
      readonly overdue: number;
      /** Completed after the deadline */
      readonly missed: number;
      /** Requests with an attempt that failed, by the name of the failure */
      readonly failed_by_cause: Readonly<Record<string, number>>;
    }>;
    readonly by_day: ReadonlyArray<{
      readonly day: string;
      readonly received: number;
      readonly completed: number;
    }>;
  };

  /** `GET /records-of-processing`: The record of processing activities (GDPR article 30), made from the data map */
  readonly getRecordsOfProcessing: {
    readonly made_at: string;
    readonly account: string | null;
    readonly controller: {
      /** For the operator to fill in */
      readonly name: null;
      /** For the operator to fill in */
      readonly contact: null;
      /** For the operator to fill in */
      readonly representative: null;
      /** For the operator to fill in */
      readonly data_protection_officer: null;
    };
    readonly activities: ReadonlyArray<{
      readonly activity: string;
      readonly purpose: string;
      readonly data_subjects: string;
      readonly categories_of_data: ReadonlyArray<string>;
      readonly collections: ReadonlyArray<{
        readonly name: string;
        readonly collection: string;
        readonly numbers: ReadonlyArray<string>;
        readonly fields: ReadonlyArray<{
          readonly path: string;
          readonly category: string;
        }>;
        readonly period: {
          readonly months: number | null;
          readonly set_by: 'data map' | 'account' | 'nobody';
        };
        readonly on_request: string;
      }>;
      /** For the operator to fill in */
      readonly recipients: null;
      /** For the operator to fill in */
      readonly third_countries: null;
      /** For the operator to fill in */
      readonly legal_basis: null;
    }>;
    readonly lethe: ReadonlyArray<{
      readonly activity: string;
      readonly purpose: string;
      readonly categories_of_data: ReadonlyArray<string>;
      readonly period: string;
    }>;
    readonly security_measures: ReadonlyArray<string>;
  };

  /** `GET /webhooks`: The webhooks of the account */
  readonly getWebhooks: {
    readonly items: ReadonlyArray<{
      readonly id: string;
      readonly url: string;
      readonly label: string;
      readonly events: ReadonlyArray<string>;
      readonly created_at: string;
    }>;
  };

  /** `POST /webhooks`: Have a place told what happens to requests */
  readonly postWebhooks: {
    readonly id: string;
    readonly url: string;
    readonly label: string;
    readonly events: ReadonlyArray<string>;
    readonly created_at: string;
    readonly secret: string;
  };

  /** `GET /webhooks/deliveries`: What was told, and what came of it, newest first */
  readonly getWebhooksDeliveries: {
    readonly items: ReadonlyArray<{
      readonly id: string;
      readonly message: string;
      readonly webhook: string;
      readonly type: string;
      readonly reference?: string;
      readonly state: 'waiting' | 'delivered' | 'given_up' | 'cancelled';
      readonly tries: number;
      readonly created_at: string;
      readonly next_attempt_at?: string;
      readonly finished_at?: string;
      readonly attempts: ReadonlyArray<{
        readonly at: string;
        readonly ms: number;
        readonly status?: number;
        readonly fault?: string;
      }>;
    }>;
    readonly next?: string;
  };

  /** `POST /webhooks/deliveries/{delivery}/redeliver`: Send a message again, under the same id */
  readonly postWebhooksDeliveriesDeliveryRedeliver: {
    readonly id: string;
    readonly message: string;
    readonly webhook: string;
    readonly type: string;
    readonly reference?: string;
    readonly state: 'waiting' | 'delivered' | 'given_up' | 'cancelled';
    readonly tries: number;
    readonly created_at: string;
    readonly next_attempt_at?: string;
    readonly finished_at?: string;
    readonly attempts: ReadonlyArray<{
      readonly at: string;
      readonly ms: number;
      readonly status?: number;
      readonly fault?: string;
    }>;
  };

  /** `GET /requests`: Requests: how they stand, why, and until when */
  readonly getRequests: {
    readonly items: ReadonlyArray<{
      readonly reference: string;
      readonly account: string;
      readonly profile: 'forget' | 'transaction' | 'resource' | 'contact' | 'interaction' | 'retention';
      /** Country code and two digits, while the request is open */
      readonly masked?: string;
      readonly state: 'accepted' | 'sweeping' | 'waiting' | 'verifying' | 'scanning' | 'failed' | 'completed' | 'cancelled';
      readonly deadline_state: 'on_track' | 'due_soon' | 'overdue' | 'met' | 'missed' | 'none';
      readonly accepted_at: string;
      readonly due_at: string;
      readonly completed_at?: string;
      readonly cancelled_at?: string;
      /** Records, by the names of the data map */
      readonly erased: Readonly<Record<string, number>>;
      /** What stands in the way; `count` records */
      readonly failed?: {
        readonly code: string;
        readonly where?: string;
        readonly count?: number;
      };
      readonly until?: string;
      readonly why?: string;
    }>;
    readonly next?: string;
  };

  /** `POST /requests/retry`: Have several requests taken up at once */
  readonly postRequestsRetry: {
    readonly retried: ReadonlyArray<string>;
    readonly refused: ReadonlyArray<{
      readonly reference: string;
      readonly why: string;
    }>;
  };

  /** `GET /requests/{reference}`: One request: its life, its failed attempts, what it waits for */
  readonly getRequestsReference: {
    readonly reference: string;
    readonly account: string;
    readonly profile: 'forget' | 'transaction' | 'resource' | 'contact' | 'interaction' | 'retention';
    /** Country code and two digits, while the request is open */
    readonly masked?: string;
    readonly state: 'accepted' | 'sweeping' | 'waiting' | 'verifying' | 'scanning' | 'failed' | 'completed' | 'cancelled';
    readonly deadline_state: 'on_track' | 'due_soon' | 'overdue' | 'met' | 'missed' | 'none';
    readonly accepted_at: string;
    readonly due_at: string;
    readonly completed_at?: string;
    readonly cancelled_at?: string;
    /** Records, by the names of the data map */
    readonly erased: Readonly<Record<string, number>>;
    /** What stands in the way; `count` records */
    readonly failed?: {
      readonly code: string;
      readonly where?: string;
      readonly count?: number;
    };
    readonly until?: string;
    readonly why?: string;
    readonly timeline: ReadonlyArray<{
      readonly at: string;
      readonly what: string;
      readonly detail?: string;
    }>;
    /** The last 20 that failed, oldest first */
    readonly attempts: ReadonlyArray<{
      readonly at: string;
      readonly code: string;
      readonly plain: string;
      readonly where?: string;
      readonly count?: number;
      /** `_id`s of the first of the records */
      readonly ids?: ReadonlyArray<string>;
    }>;
    readonly failures: number;
    readonly lease?: {
      readonly holder: string;
      readonly until: string;
    };
    readonly next_look_at?: string;
    readonly scan?: {
      readonly percent: number | null;
      readonly read: number;
      readonly of: number | null;
      readonly off?: true;
      readonly elsewhere?: Readonly<Record<string, number>>;
    };
    readonly waits_for?: {
      readonly what: 'scheduled_messages' | 'settling' | 'scan' | 'recordings' | 'grace';
      readonly until?: string;
    };
    readonly can: {
      readonly retry: boolean;
      readonly cancel: boolean;
    };
    readonly grace_until?: string;
    readonly requested_by: string;
    readonly cancelled_by?: string;
  };

  /** `POST /requests/{reference}/retry`: Have a request taken up at once, instead of at its next look */
  readonly postRequestsReferenceRetry: Answers['getRequestsReference'];

  /** `POST /requests/{reference}/cancel`: Call a request off, while nothing of it is erased */
  readonly postRequestsReferenceCancel: Answers['getRequestsReference'];

  /** `GET /system`: How the installation stands: services, deadlines, workers, queues, scans, keys */
  readonly getSystem: {
    /** `ok`, or what is wrong */
    readonly health: Readonly<Record<string, string>>;
    readonly level: 'ok' | 'warning' | 'critical';
    readonly ready: boolean;
    readonly why: ReadonlyArray<string>;
    /** Null where the ledger cannot be read */
    readonly deadlines: {
      readonly on_track: number;
      readonly due_soon: number;
      readonly overdue: number;
      readonly failed: number;
    } | null;
    readonly workers: ReadonlyArray<{
      readonly id: string;
      readonly version: string;
      readonly host: string;
      readonly started_at: string;
      readonly seen_at: string;
    }>;
    readonly queues: ReadonlyArray<{
      readonly name: string;
      readonly waiting: number;
      readonly active: number;
      readonly delayed: number;
      readonly oldest_age_s: number | null;
    }>;
    /** Requests of the last minutes, over all accounts */
    readonly throughput: {
      readonly minutes: number;
      readonly accepted: number;
      readonly completed: number;
    } | null;
    readonly scans: ReadonlyArray<{
      readonly account: string;
      readonly turn_percent: number | null;
      readonly joiners: number;
      readonly off: boolean;
    }>;
    readonly keys: ReadonlyArray<{
      readonly id: string;
      readonly in_use: boolean;
      readonly at_hand: boolean;
    }>;
    readonly version: string;
    readonly environment?: string;
  };

  /** `POST /system/map-check`: Does the data map fit the database? */
  readonly postSystemMapCheck: {
    readonly made_at: string;
    /** An `error`: erasures would fail, be slow, or miss records */
    readonly findings: ReadonlyArray<{
      readonly severity: 'error' | 'warning';
      readonly where: string;
      readonly message: string;
      readonly remedy?: string;
      readonly ids?: ReadonlyArray<string>;
    }>;
    /** What looks like personal data, and the map does not name */
    readonly unnamed: ReadonlyArray<{
      readonly where: string;
      readonly what: string;
    }>;
    readonly collections: number;
    /** Paths where a number may stand */
    readonly places: number;
    /** Records looked at */
    readonly sampled: number;
  };

  /** `POST /opendsr/2.0/requests`: Have a data subject erased, by a controller */
  readonly postOpendsr20Requests: {
    readonly controller_id: string;
    readonly expected_completion_time: string;
    readonly received_time: string;
    readonly encoded_request: string;
    readonly subject_request_id: string;
  };

  /** `GET /opendsr/2.0/requests/{subject_request_id}`: How a request stands */
  readonly getOpendsr20RequestsSubjectRequestId: {
    readonly controller_id: string;
    readonly expected_completion_time: string;
    readonly subject_request_id: string;
    readonly request_status: 'pending' | 'in_progress' | 'completed' | 'cancelled';
    readonly api_version: string;
    readonly results_count: number;
  };

  /** `DELETE /opendsr/2.0/requests/{subject_request_id}`: Call a request off, while it is pending */
  readonly deleteOpendsr20RequestsSubjectRequestId: {
    readonly controller_id: string;
    readonly subject_request_id: string;
    readonly received_time: string;
    readonly api_version: string;
  };
}
