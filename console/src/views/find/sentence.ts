import type { NumberStatus, RequestDetail, RequestItem } from '../../api/types.ts';
import { spokenMoment } from '../../base/times.ts';
import { plural, totalOf } from '../../base/words.ts';

export interface Sentence {
  /** What somebody who knows nothing of all this is told. */
  readonly short: string;
  readonly more: string;
  readonly state: string;
}

interface Clock {
  readonly zone: string;
  readonly now: Date;
}

/** One sentence about a number, and what goes with it. */
export function tellNumber(status: NumberStatus, clock: Clock): Sentence {
  const { state } = status;
  if (state === 'never_asked')
    return {
      state: 'never_asked',
      short: 'Nobody has asked to forget this number.',
      more: 'There is no request on it in this account.',
    };
  if (state === 'gone') return gone(status, clock);
  if (state === 'failed') return failed(status, clock);
  return onItsWay(status, clock);
}

/** The same about a request that was asked for by its reference. */
export function tellRequest(request: RequestDetail, clock: Clock): Sentence {
  const facts = { ...withoutNulls(request), suppressed: false };
  if (request.state === 'completed') return gone(facts, clock);
  if (request.state === 'failed') return failed(facts, clock);
  if (request.state === 'cancelled')
    return { state: 'cancelled', short: 'This request was cancelled.', more: 'Nothing was erased because of it.' };
  if (request.can?.cancel && request.grace_until)
    return {
      state: 'grace',
      short: `It can be cancelled until ${spokenMoment(request.grace_until, clock.zone, clock.now)}.`,
      more: 'The number is suppressed already; nothing is erased before that time.',
    };
  return { ...onItsWay(facts, clock), state: request.state };
}

type Facts = Pick<NumberStatus, 'erased' | 'completed_at' | 'due_at' | 'until' | 'why'>;

function withoutNulls({ erased, completed_at, due_at, until, why }: RequestItem): Facts {
  return {
    erased,
    due_at,
    ...(completed_at && { completed_at }),
    ...(until && { until }),
    ...(why && { why }),
  };
}

function gone({ completed_at: at, erased }: Facts, { zone, now }: Clock): Sentence {
  const records = totalOf(erased);
  return {
    state: 'completed',
    short: at ? `It is gone, since ${spokenMoment(at, zone, now)}.` : 'It is gone.',
    more:
      records === 0
        ? 'Nothing was on record when it was erased.'
        : `${plural(records, 'record')} ${records === 1 ? 'was' : 'were'} erased.`,
  };
}

function failed({ why, due_at: due }: Facts, { zone, now }: Clock): Sentence {
  return {
    state: 'failed',
    short: 'It is not gone yet: something stands in the way.',
    more: `${why ? `${asSentence(explainWhy(why))} ` : ''}Lethe tries again by itself, and an operator can see why.${due ? ` It was promised by ${spokenMoment(due, zone, now)}.` : ''}`,
  };
}

function onItsWay({ why, until, due_at: due }: Facts, { zone, now }: Clock): Sentence {
  const limit = until ?? due;
  return {
    state: 'accepted',
    short: limit
      ? `It is on its way, and will be gone by ${spokenMoment(due ?? limit, zone, now)} at the latest.`
      : 'It is on its way.',
    more: why ? asSentence(explainWhy(why)) : 'Usually it takes less than a minute. Look again shortly.',
  };
}

const WHYS: Readonly<Record<string, string>> = {
  grace: 'It may still be cancelled: nothing is erased before its grace period ends',
  scheduled: 'Messages to this number are scheduled; they are sent first, then erased with the rest',
  settling: 'The last scheduled message has just been sent; what it leaves behind is erased next',
  scan: 'All records of the account are read once more, to be sure',
  scanning: 'All records of the account are read once more, to be sure',
  queued: 'It is waiting for its turn',
  retry: 'It is tried again shortly',
};

/** A reason in plain words; what the API already says in words stays as it is. */
export const explainWhy = (why: string): string => WHYS[why] ?? why;

const asSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
