import { describe, expect, it } from '@jest/globals';
import { FAILURES } from '../../../../src/base/errors.ts';
import { describeFailure, explain } from '../../../../src/ledger/requests/explain.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);

type Request = Parameters<typeof explain>[0];
type Progress = Parameters<typeof explain>[1];

const failure = { name: 'refused', where: 'sent_sms.to', at: at(-60) } as const;
const refused = `${FAILURES.refused} (refused): sent_sms.to`;
const open = (more: Partial<Request>): Request => ({ state: 'sweeping', unfinished: true, not_before: at(0), ...more });
const done = (more: Partial<Request>): Request => ({ state: 'completed', not_before: at(0), ...more });

describe('why a request is not done yet', () => {
  it.each<[what: string, request: Request, expected: object, progress?: Progress]>([
    ['completed', done({}), {}],
    ['completed, with files that were not found', done({ files_missing: 2 }), { why: '2 recordings not found' }],
    ['completed after a failure', done({ failure }), {}],
    ['cancelled', done({ state: 'cancelled' }), { why: 'It was cancelled before anything was erased' }],
    ['sweeping', open({ not_before: at(5) }), {}],
    ['accepted', open({ state: 'accepted' }), {}],
    [
      'in its grace',
      open({ state: 'accepted', grace_until: at(1) }),
      { why: 'It can still be cancelled, and begins then', until: at(1) },
    ],
    ['at the end of its grace', open({ state: 'accepted', grace_until: at(0) }), {}],
    [
      'waiting for messages: the last of them comes after the next look',
      open({ state: 'waiting', wait: 'scheduled', wait_until: at(90), not_before: at(60) }),
      { why: 'Messages to the number are scheduled: they are sent first', until: at(90) },
    ],
    [
      'waiting for messages: the next look comes last',
      open({ state: 'waiting', wait: 'scheduled', wait_until: at(30), not_before: at(60) }),
      { why: 'Messages to the number are scheduled: they are sent first', until: at(60) },
    ],
    [
      'waiting for messages: the next look is due',
      open({ state: 'waiting', wait: 'scheduled', wait_until: at(30), not_before: at(0) }),
      { why: 'Messages to the number are scheduled: they are sent first', until: at(30) },
    ],
    [
      'waiting for messages, nobody knows how long',
      open({ state: 'waiting', wait: 'scheduled', not_before: at(-1) }),
      { why: 'Messages to the number are scheduled: they are sent first' },
    ],
    [
      'settling',
      open({ state: 'waiting', wait: 'settling', wait_until: at(90), not_before: at(60) }),
      { why: 'The last scheduled message has been sent: what it leaves behind is erased next', until: at(60) },
    ],
    [
      'scanning, of which nothing is known',
      open({ state: 'scanning', not_before: at(9) }),
      { why: 'Reads the records' },
    ],
    [
      'scanning',
      open({ state: 'scanning' }),
      { why: 'Reads the records: 1,200 of about 3,000' },
      { read: 1_200, of: 3_000 },
    ],
    [
      'scanning, of nobody knows how many, in a while',
      open({ state: 'scanning' }),
      { why: 'Reads the records: 0', until: at(7) },
      { read: 0, of: null, next: at(7) },
    ],
    ['verifying', open({ state: 'verifying', not_before: at(5) }), {}],
    [
      'with a file that is left',
      open({ state: 'verifying', file_left: { where: 'calls.recording_url', tries: 1 }, not_before: at(5) }),
      { why: 'A recording file is still to be removed: calls.recording_url', until: at(5) },
    ],
    [
      'with a file that is left for a reason',
      open({ state: 'verifying', file_left: { where: 'calls.recording_url', tries: 1, fault: 'timeout' } }),
      { why: 'A recording file is still to be removed: calls.recording_url (timeout)' },
    ],
    ['failed', open({ state: 'failed', failure, not_before: at(8) }), { why: refused, until: at(8) }],
    ['failed, and tried again at once', open({ state: 'failed', failure, not_before: at(0) }), { why: refused }],
    ['failed of nobody knows what', open({ state: 'failed' }), { why: FAILURES.unexpected }],
    ['tried again', open({ failure }), { why: `${refused}. The rest is being done` }],
    [
      'waiting after a failure',
      open({ state: 'waiting', wait: 'settling', failure, not_before: at(60) }),
      {
        why: `${refused}. The rest is being done: the last scheduled message has been sent: what it leaves behind is erased next`,
        until: at(60),
      },
    ],
    ['held by a worker', open({ state: 'failed', failure, lease: { owner: 'a', until: at(1) } }), { why: refused }],
    [
      'left by a worker that is gone',
      open({ state: 'accepted', grace_until: at(9), lease: { owner: 'a', until: at(0) } }),
      { why: 'The worker that was at it is gone: another takes over' },
    ],
  ])('%s', (_what, request, expected, ...[progress]) => {
    expect(explain(request, progress, NOW)).toStrictEqual(expected);
  });

  it('names a failure, its place, and one of a later version', () => {
    expect(describeFailure({ name: 'unsealable' })).toBe(`${FAILURES.unsealable} (unsealable)`);
    expect(describeFailure({ name: 'of tomorrow' as never, where: 'x.y' })).toBe(
      `${FAILURES.unexpected} (of tomorrow): x.y`,
    );
  });
});
