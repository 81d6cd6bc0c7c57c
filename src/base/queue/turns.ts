import type { Cluster, Redis } from 'ioredis';

/** The names of a queue's keys, as BullMQ makes them. */
export interface QueueKeys {
  toKey(type: string): string;
}

/**
 * BullMQ's priority of a job that waits for a moment: when it comes, the job goes before all others, and gets a turn
 * then (`takeTurn`). A turn it had been given beforehand would be long past by then: all that an account has waiting
 * for one moment would go before everybody else's.
 */
export const TURN_LATER = 1;
/** A turn is a place of a round: the first for those that had nothing waiting, one of the others for those that had. */
const PLACES = 16;
/** The highest priority BullMQ takes is 2^21. Accounts that are that far ahead share the last round. */
const LAST_ROUND = 2 ** 21 / PLACES - 1;
/** From here on an empty queue begins with the first round again. */
const MANY_ROUNDS = LAST_ROUND / 2;
/** BullMQ keeps a job under the score `priority * 2^32 + counter`. */
const TURN_SCORES = 2 ** 32;
/** From here on jobs have had their turn. */
export const FIRST_TURN_SCORE = PLACES * TURN_SCORES;
const DAY_SECONDS = 86_400;
/** A job that was given its turn so short a time ago may not be in the queue yet: it waits like one that is. */
const ON_ITS_WAY_MS = 1_000;

/**
 * Start-time fair queueing (Goyal, Vin, Cheng 1996) with a turn of several jobs: an account's next turn is in the round after
 * its last, and at least in the one under way. A turn is full after so many jobs; until then, and while it is not past, the
 * account's jobs join it. What was not used of a turn is good until the round is over: a request whose next job comes after
 * the first has not to wait for everybody's turn again. Jobs of one account are next to each other so: accounts have
 * different places in a round. Whoever had nothing waiting comes first in it (as new flows do in RFC 8290), once a round.
 * In an empty queue all are even: the round is the one after the last given. It is not the first one again, as jobs may be on their way into the queue
 * with turns that they have taken.
 * KEYS: BullMQ's jobs in turn, the last turn of each account. ARGV: the account, jobs a turn.
 * @returns the turn, and whether anybody waits
 */
const TAKE_TURN = `
local head = redis.call('ZRANGEBYSCORE', KEYS[1], ${FIRST_TURN_SCORE}, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local top = tonumber(redis.call('HGET', KEYS[2], 'top') or '0')
local first = 0
local round = top + 1
if head[2] then
  first = math.floor(tonumber(head[2]) / ${TURN_SCORES})
  round = math.floor(first / ${PLACES})
elseif top > ${MANY_ROUNDS} then
  redis.call('DEL', KEYS[2])
  top = 0
  round = 1
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local last, given, at = string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '', '^(%d+):(%d+):?(%d*)$')
last = tonumber(last or '0')
given = tonumber(given or '0')
local age = now - (tonumber(at or '') or 0)
local isWaiting = (head[2] and last >= first) or (age >= 0 and age < ${ON_ITS_WAY_MS})
local isInRound = head[2] and math.floor(last / ${PLACES}) >= round
local turn = last
if not (isWaiting or isInRound) or given >= tonumber(ARGV[2]) then
  local place = 0
  if isWaiting then
    place = 1 + tonumber(string.sub(redis.sha1hex(ARGV[1]), 1, 4), 16) % ${PLACES - 1}
  end
  round = math.min(math.max(math.floor(last / ${PLACES}) + 1, round), ${LAST_ROUND})
  turn = round * ${PLACES} + place
  given = 0
  redis.call('HSET', KEYS[2], 'top', math.max(top, round))
end
redis.call('HSET', KEYS[2], ARGV[1], string.format('%d:%d:%d', turn, given + 1, now))
redis.call('EXPIRE', KEYS[2], ${DAY_SECONDS})
return { turn, redis.call('ZCARD', KEYS[1]) }
`;

/** Whose turn a job takes, as it says in its data. */
export interface TurnTaker {
  readonly account?: string | undefined;
  /** As in the catalogue. */
  readonly urgent_at?: number | undefined;
}

/**
 * Takes an account's next turn in a queue. One process or many: Redis counts. Urgent jobs take turns as an account of their
 * own: they go before what the account has waiting, and it has two turns a round then at most.
 * @param jobs how many jobs a turn has
 * @param at milliseconds
 * @returns the turn as a priority of BullMQ, and whether any job waits in that queue; null for a job of no account
 * @throws what Redis throws
 */
export async function takeTurn(
  redis: Redis | Cluster,
  keys: QueueKeys,
  { account, urgent_at }: TurnTaker,
  jobs: number,
  at = Date.now(),
): Promise<{ turn: number; isAnyWaiting: boolean } | null> {
  if (account === undefined) return null;
  const queued = keys.toKey('prioritized');
  const line = urgent_at !== undefined && urgent_at <= at ? `${account}!` : account;
  const [turn, waiting] = (await redis.eval(TAKE_TURN, 2, queued, keys.toKey('turns'), line, String(jobs))) as [
    number,
    number,
  ];
  return { turn, isAnyWaiting: waiting > 0 };
}
