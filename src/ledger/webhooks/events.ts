/** What a platform can be told of. */
export const EVENT_TYPES = [
  'erasure.completed',
  'erasure.cancelled',
  'erasure.failed',
  'erasure.due_soon',
  'erasure.overdue',
  'erasure.late_record',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Something that happened. Nothing of it is a number. */
export interface WebhookEvent {
  /** `msg_` and 24 letters or digits: the same however often it is sent. */
  readonly id: string;
  readonly account: string;
  readonly type: EventType;
  readonly at: Date;
  /** The rest of the message: times as texts. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The message as it is sent. */
export function bodyOf({ type, at, data }: Pick<WebhookEvent, 'type' | 'at' | 'data'>): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}
