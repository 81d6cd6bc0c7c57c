/** What a platform can be told of. */
export const EVENT_TYPES = [
  'erasure.completed',
  'erasure.failed',
  'erasure.due_soon',
  'erasure.overdue',
  'erasure.late_record',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Beside them: what a controller is told that has called its own request off. */
export type ToldType = EventType | 'erasure.cancelled';

/** Something that happened. Nothing of it is a number. */
export interface WebhookEvent {
  /** `msg_` and 24 letters or digits: the same however often it is sent. */
  readonly id: string;
  readonly account: string;
  readonly type: ToldType;
  readonly at: Date;
  /** The rest of the message: times as texts. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The message as it is sent. */
export function bodyOf({ type, at, data }: Pick<WebhookEvent, 'type' | 'at' | 'data'>): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}
