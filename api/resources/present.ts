import type { Leg, LegPage } from '../../src/contracts/resources/legs.ts';
import type { UserFields } from '../../src/contracts/resources/resources.ts';
import { isSpeakable } from '../../src/phone/hide-digits.ts';

/** Which legs, and where their page begins. */
export interface LegQuery {
  readonly conversation?: string | undefined;
  readonly skip: number;
  readonly limit: number;
}

/** A page of legs as HAL (draft-kelly-json-hal), as the Conversation API's customers expect it. */
export function presentLegs({ legs, total }: LegPage, asked: LegQuery): Record<string, unknown> {
  const { skip, limit, conversation } = asked;
  // An id that nobody has may be a phone number, and is not repeated.
  const isKnown = total > 0 || (conversation !== undefined && isSpeakable(conversation));
  const query = isKnown ? asked : { skip, limit };
  return {
    count: total,
    page_size: legs.length,
    record_index: skip,
    _links: {
      self: { href: hrefOf(query, skip) },
      ...(skip > 0 && { prev: { href: hrefOf(query, Math.max(0, skip - limit)) } }),
      ...(skip + legs.length < total && legs.length > 0 && { next: { href: hrefOf(query, skip + legs.length) } }),
    },
    _embedded: { legs: legs.map(presentLeg) },
  };
}

function hrefOf({ conversation, limit }: LegQuery, skip: number): string {
  const query = new URLSearchParams({
    ...(conversation !== undefined && { conversation_uuid: conversation }),
    page_size: String(limit),
    record_index: String(skip),
  });
  return `/v0.1/legs?${query}`;
}

/** A leg without the numbers at its ends: the list is for deleting legs. */
function presentLeg(leg: Leg): Record<string, unknown> {
  return {
    uuid: leg.id,
    conversation_uuid: leg.conversation,
    state: leg.status,
    start_time: leg.started_at,
    end_time: leg.ended_at,
    _links: { self: { href: `/v0.1/legs/${encodeURIComponent(leg.id)}` } },
  };
}

/** A user after it was replaced. */
export function presentUser(id: string, { name, display_name, properties }: UserFields): Record<string, unknown> {
  return {
    id,
    name,
    ...(display_name !== undefined && display_name !== null && { display_name }),
    ...(properties && { properties }),
    _links: { self: { href: `/v0.1/users/${encodeURIComponent(id)}` } },
  };
}
