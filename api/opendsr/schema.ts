import { z } from 'zod';

const id = z
  .string({ error: 'is required' })
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'must be a UUID v4 in lower case');

const identity = z.looseObject({
  identity_type: z.string(),
  identity_value: z.string(),
  identity_format: z.string(),
});

/** A request as OpenDSR 2.0 has it. Extensions of other processors are theirs. */
export const subjectRequestSchema = z.strictObject({
  regulation: z.enum(['gdpr', 'ccpa'], { error: 'must be gdpr or ccpa' }).optional(),
  subject_request_id: id,
  subject_request_type: z.literal('erasure', { error: 'must be erasure: no other is supported' }),
  submitted_time: z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time' }),
  subject_identities: z.array(identity, { error: 'must be a list of identities' }).max(50).default([]),
  api_version: z.string().optional(),
  status_callback_urls: z
    .array(z.string(), { error: 'must be a list of URLs' })
    .max(10, 'may have 10 at most')
    .default([]),
  group_id: z.string().optional(),
  property_id: z.string().optional(),
  extensions: z.record(z.string(), z.record(z.string(), z.unknown())).optional().meta({
    description: 'Under the domain of this processor: `phone_number`, in place of an identity',
  }),
});

export const subjectRequestParams = z.object({ subject_request_id: id });

export const receivedAnswer = z.object({
  controller_id: z.string(),
  expected_completion_time: z.string(),
  received_time: z.string(),
  encoded_request: z.string(),
  subject_request_id: z.string(),
});
export const statusAnswer = z.object({
  controller_id: z.string(),
  expected_completion_time: z.string(),
  subject_request_id: z.string(),
  request_status: z.enum(['pending', 'in_progress', 'completed', 'cancelled']),
  api_version: z.string(),
  results_count: z.int(),
});
export const cancelledAnswer = z.object({
  controller_id: z.string(),
  subject_request_id: z.string(),
  received_time: z.string(),
  api_version: z.string(),
});
