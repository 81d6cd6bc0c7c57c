import { describe, expect, it } from '@jest/globals';
import { expectStatus, expectStatuses } from '../../support/expect-status.ts';

const answers = [
  { status: 200, text: '{"reference":"a"}' },
  { status: 503, text: 'the database is away' },
];

describe('what a failure says of an answer', () => {
  it('nothing, when the status is right', () => {
    expect(() => expectStatuses(answers, [200, 503])).not.toThrow();
  });

  it('its body, when the status is another one', () => {
    expect(() => expectStatus(answers[1] ?? { status: 0, text: '' }, 200)).toThrow('the database is away');
    expect(() => expectStatuses(answers, [200, 200])).toThrow('the database is away');
    expect(() => expectStatuses(answers, [200, 200])).not.toThrow('reference');
  });

  it('that there are too few', () => {
    expect(() => expectStatuses(answers.slice(0, 1), [200, 503])).toThrow('503');
  });
});
