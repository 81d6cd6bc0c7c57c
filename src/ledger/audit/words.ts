import type { ProfileName } from '../../engine/map/categories.ts';
import type { AuditAction } from './entry.ts';

/** Why records of a number that was forgotten before are erased: they came late, or came back. */
export const LATE_REASON = 'late_record';

/** What the audit calls an erasure of each profile. */
export const AUDIT_WORDS = {
  forget: { action: 'data.erasure', reason: 'gdpr_forget' },
  transaction: { action: 'data.redaction', reason: 'redact_transaction' },
  resource: { action: 'data.deletion', reason: 'resource_deletion' },
  contact: { action: 'data.erasure', reason: 'ndpr_right_to_erasure' },
  interaction: { action: 'data.redaction', reason: 'interaction_redaction' },
  retention: { action: 'data.retention', reason: 'retention_period' },
} as const satisfies Record<ProfileName, { action: AuditAction; reason: string }>;
