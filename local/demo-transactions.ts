type Row = Record<string, unknown>;

/** The demo's people and times. */
interface DemoWorld {
  readonly ownNumber: string;
  /** Someone's number in one of the ways platforms come to store it. */
  readonly asStored: (person: number, turn: number) => unknown;
  /** A moment so many minutes ago. */
  readonly before: (minutes: number) => Date;
}

/** Verifications, number insights, and the resources of the product APIs, for some of the demo's people. */
export function demoTransactions({ ownNumber, asStored, before }: DemoWorld): Record<string, Row[]> {
  const many = (count: number, make: (person: number) => Row): Row[] =>
    Array.from({ length: count }, (_, person) => make(person));
  return {
    verifications: many(30, (person) => ({
      request_id: `verify-${person}`,
      number: asStored(person, person),
      status: 'success',
      created_at: before(90 + person * 53),
    })),
    insights: many(30, (person) => ({
      request_id: `insight-${person}`,
      number: asStored(person, person + 1),
      caller_name: null,
      status: 'ok',
      created_at: before(90 + person * 59),
    })),
    legs: many(40, (leg) => ({
      leg_id: `leg-${leg}`,
      conversation_uuid: `CON-${Math.floor(leg / 2)}`,
      from: leg % 2 === 0 ? asStored(leg >> 1, leg) : ownNumber,
      to: leg % 2 === 0 ? ownNumber : asStored(leg >> 1, leg),
      status: 'completed',
      started_at: before(200 + leg * 11),
      ended_at: before(198 + leg * 11),
    })),
    media: many(10, (item) => ({ media_id: `media-${item}`, file: `recording-${item}.mp3`, created_at: before(item) })),
    users: many(20, (person) => ({
      user_id: `USR-${person}`,
      name: asStored(person, person),
      display_name: `Person ${person}`,
      properties: { custom_data: { plan: 'basic' } },
    })),
    events: many(40, (event) => ({
      event_id: String(event),
      conversation_id: `CON-${Math.floor(event / 4)}`,
      type: 'text',
      body: { text: 'See you tomorrow at ten.' },
      created_at: before(300 + event * 7),
    })),
  };
}
