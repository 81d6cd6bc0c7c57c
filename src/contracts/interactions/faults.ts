/** The refusals of the contract for interactions, with their HTTP status. The source document names no errors. */
export const INTERACTION_FAULTS = {
  not_found: { status: 404, message: 'Not found' },
  agency_forbids: { status: 403, message: 'The agency does not allow redaction in its sub-accounts' },
  manual_off: { status: 403, message: 'Manual redaction is not enabled for this account' },
  bad_field: { status: 422, message: 'A field breaks a rule' },
  nothing_asked: { status: 422, message: 'redact_content or redact_past must be true. Nothing was redacted' },
  number_gone: {
    status: 409,
    message: "The contact's number is gone from this interaction: past ones cannot be found. Nothing was redacted",
  },
  number_unclear: {
    status: 409,
    message:
      "The contact's number cannot be told from this interaction: past ones cannot be found. Nothing was redacted",
  },
  not_removable: {
    status: 409,
    message: 'A field of this interaction holds what cannot be removed, as the data map reads it. It was not redacted',
  },
  several: {
    status: 409,
    message: 'This id stands for more than one interaction: add ?kind= or ?direction=. Nothing was redacted',
  },
} as const;

export type InteractionFaultName = keyof typeof INTERACTION_FAULTS;

/** A refused request for interactions. `detail` replaces the table's message and holds nothing that was sent. */
export class InteractionFault extends Error {
  override readonly name = 'InteractionFault';
  readonly fault: InteractionFaultName;
  readonly status: number;

  constructor(fault: InteractionFaultName, detail?: string) {
    super(detail ?? INTERACTION_FAULTS[fault].message);
    this.fault = fault;
    this.status = INTERACTION_FAULTS[fault].status;
  }
}
