/**
 * Every error Lethe answers with or records. `code` is what the forget and status contract prints in `error.code`;
 * where the source document names none, it is the HTTP status. A test keeps the README's table equal to this one.
 */
export const ERRORS = {
  bad_input: { status: 400, code: 400, message: 'Bad request' },
  no_affiliation: { status: 400, code: 76, message: 'Cannot use this number' },
  unauthorized: { status: 401, code: 401, message: 'Unauthorized' },
  invalid_sign_in: { status: 401, code: 401, message: 'E-mail address, password or code is not right' },
  totp_required: { status: 401, code: 401, message: 'The code of the authenticator app is needed, too' },
  forbidden: { status: 403, code: 403, message: 'This key or role may not do this' },
  csrf: { status: 403, code: 403, message: 'X-CSRF-Token is missing, or of another session' },
  route_not_found: { status: 404, code: 404, message: 'Not found' },
  no_records: { status: 404, code: 77, message: 'No records found' },
  method_not_allowed: { status: 405, code: 405, message: 'Method not allowed' },
  conflict: { status: 409, code: 409, message: 'It is there already' },
  request_failed: { status: 409, code: 78, message: 'Request failed' },
  not_now: { status: 409, code: 409, message: 'The request cannot be retried or cancelled as it stands' },
  not_removable: {
    status: 409,
    code: 409,
    message: 'A field of these records holds what cannot be removed, as the data map reads it. Nothing was changed',
  },
  body_too_large: { status: 413, code: 413, message: 'The body is larger than 10 kB' },
  rate_limited: { status: 429, code: 429, message: 'Too many requests' },
  internal: { status: 500, code: 500, message: 'Internal error' },
  unavailable: { status: 503, code: 503, message: 'The database cannot keep a promise just now. Try again.' },
} as const;

export type ErrorName = keyof typeof ERRORS;

/** An error with a place in the table. `detail` replaces the table's message and must never hold what the caller sent. */
export class LetheError extends Error {
  readonly errorName: ErrorName;
  readonly status: number;
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What stands beside the error in the forget and status contract: the day that was searched, the request that failed. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    errorName: ErrorName,
    detail?: string,
    headers: Record<string, string> = {},
    facts: Readonly<Record<string, unknown>> = {},
  ) {
    const row = ERRORS[errorName];
    super(detail ?? row.message);
    this.name = 'LetheError';
    this.errorName = errorName;
    this.status = row.status;
    this.code = row.code;
    this.headers = headers;
    this.facts = facts;
  }
}

/** Why an erasure could not go on; recorded in the ledger, shown to operators. Never holds a value read from a record. */
export const FAILURES = {
  unsupported_type: 'A field the data map calls a number holds a value of a type that cannot be erased',
  refused:
    'A unique index or a validator refuses what is written in place of the number: the data map may choose otherwise',
  shard_key:
    'The collection is sharded by a field that is to be erased, and MongoDB changes no such field of many records',
  unsealable: 'The sealed number cannot be opened with the keys at hand',
  unusable_file: 'A field with a recording holds what names no file of the storage',
  file_not_removed: 'A recording file could not be removed yet',
  no_storage:
    'Recording files are still to be removed, and this worker has no storage: the settings of recordings must be the same everywhere',
  shared_record:
    "Several people share what is known by this record, or it is another account's, too: the data map must say what becomes of it",
  orphaned_records:
    'Other records are known by this one alone, and would stay when it is deleted: nobody could find them by the number any more',
  number_in_id: 'The number stands in the _id of a record that is kept, or in a field that nobody may change',
  ambiguous_number: "A record holds digits that may be this number, or another person's",
  unmapped_number: 'The number stands where the data map names none, and the map says that this is to fail',
  unexpected: 'An unexpected error',
} as const;

export type FailureName = keyof typeof FAILURES;

/** What would help against a failure, for whoever is told of it. */
export const REMEDIES: Readonly<Record<FailureName, string>> = {
  unsupported_type: 'Mend or remove the record: what stands there is neither a text nor a number',
  refused: 'Choose another strategy for the field in the data map, or let the index or validator accept the mask',
  shard_key: 'Shard the collection by its account field, or keep the field in the data map',
  unsealable: 'Put the key back into LETHE_SEAL_KEYS, and restart the workers',
  unusable_file: "Mend the record's reference, or the storage's settings",
  file_not_removed: "Look at the storage: is it there, and may Lethe delete? The worker's log has a word for the fault",
  no_storage: 'Give every worker the same RECORDINGS_DIR or RECORDINGS_S3_*, and restart it',
  shared_record:
    "Say in the data map which number is the account's own (own_number) or nobody's here (own: false), or leave what several people share (shared: keep)",
  orphaned_records:
    'Say in the data map that they go with it (profiles), or where their own number stands; what waits to be sent has to be sent first',
  number_in_id: 'Remove the record, or copy it under another _id',
  ambiguous_number: 'Write the number in the record in full, or take it out',
  unmapped_number: 'Name the place in the data map',
  unexpected: "Look at the worker's log for `erasure failed` with the reference",
};

/** An erasure that needs a person to look: the request is marked failed, and still retried. */
export class ErasureFailure extends Error {
  readonly failure: FailureName;
  /** Where it happened, e.g. `sent_sms.to`: names from the data map only. */
  readonly where: string | undefined;

  constructor(failure: FailureName, where?: string) {
    super(FAILURES[failure] + (where ? `: ${where}` : ''));
    this.name = 'ErasureFailure';
    this.failure = failure;
    this.where = where;
  }
}
