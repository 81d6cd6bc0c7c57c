import type { Cluster, Redis } from 'ioredis';

/** The names of a queue's keys, as BullMQ makes them. */
export interface QueueKeys {
  toKey(type: string): string;
}

/**
 * BullMQ's priority of a job that waits for a moment: when it comes, the job goes before all others, and gets a turn
 * then (`Turns.giveBack`). A turn it had been given beforehand would be long past by then: all that an account has waiting
 * for one moment would go before everybody else's.
 */
export const TURN_LATER = 1;
const FIRST_TURN = 2;
/** The highest priority BullMQ takes is 2^21. Accounts that are that far ahead share the last turn. */
const LAST_TURN = 2 ** 21 - 1;
/** From here on an empty queue begins with the first turn again. */
const MANY_TURNS = 2 ** 20;
/** BullMQ keeps a job under the score `priority * 2^32 + counter`. */
const TURN_SCORES = 2 ** 32;
const DAY_SECONDS = 86_400;

/**
 * Start-time fair queueing (Goyal, Vin, Cheng 1996) with jobs as packets of one size: an account's next turn is the one
 * after its last, and at least the round under way. Jobs of one turn go in order of arrival. In an empty queue all are
 * even: the round is the one after the last turn given. It is not the first one again, as jobs may be on their way
 * into the queue with turns that they have taken.
 * KEYS: BullMQ's jobs in turn, the last turn of each account. ARGV: the account.
 * @returns the turn, and whether anybody waits
 */
const TAKE_TURN = `
local head = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local top = tonumber(redis.call('HGET', KEYS[2], 'top') or '${FIRST_TURN - 1}')
local round = top + 1
if head[2] then
  round = math.max(${FIRST_TURN}, math.floor(tonumber(head[2]) / ${TURN_SCORES}))
elseif top > ${MANY_TURNS} then
  redis.call('DEL', KEYS[2])
  top = ${FIRST_TURN - 1}
  round = ${FIRST_TURN}
end
local last = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
local turn = math.min(math.max(last + 1, round), ${LAST_TURN})
redis.call('HSET', KEYS[2], ARGV[1], turn, 'top', math.max(top, turn))
redis.call('EXPIRE', KEYS[2], ${DAY_SECONDS})
return { turn, #head }
`;

/**
 * Takes an account's next turn in a queue. One process or many: Redis counts.
 * @returns the turn as a priority of BullMQ, and whether any job waits in that queue
 * @throws what Redis throws
 */
export async function takeTurn(
  redis: Redis | Cluster,
  keys: QueueKeys,
  account: string,
): Promise<{ turn: number; isAnyWaiting: boolean }> {
  const [turn, waiting] = (await redis.eval(TAKE_TURN, 2, keys.toKey('prioritized'), keys.toKey('turns'), account)) as [
    number,
    number,
  ];
  return { turn, isAnyWaiting: waiting > 0 };
}
