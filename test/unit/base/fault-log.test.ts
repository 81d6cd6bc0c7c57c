import { describe, expect, it } from '@jest/globals';
import { createFaultLog } from '../../../src/base/queue/fault-log.ts';

describe('the log of a connection that is away', () => {
  const refused = () => Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });

  const open = () => {
    const lines: { error: Error; repeated?: number }[] = [];
    let time = 0;
    const log = createFaultLog(
      { warn: (message, facts) => lines.push({ message, ...facts } as unknown as (typeof lines)[number]) },
      'redis',
      () => time,
    );
    const said = () => lines.map(({ error, repeated }) => [error.message, repeated]);
    const pass = (milliseconds: number) => {
      time += milliseconds;
    };
    return { log, said, pass };
  };

  it('says a fault at once, and again after a minute with how often it came', () => {
    const { log, said, pass } = open();
    for (let count = 0; count < 5; count += 1) {
      log(refused());
      pass(10_000);
    }
    expect(said()).toEqual([['connect ECONNREFUSED 127.0.0.1:1', undefined]]);
    pass(10_000);
    log(refused());
    expect(said().slice(1)).toEqual([['connect ECONNREFUSED 127.0.0.1:1', 4]]);
    pass(60_000);
    log(refused());
    expect(said().slice(2)).toEqual([['connect ECONNREFUSED 127.0.0.1:1', undefined]]);
  });

  it('says another fault at once', () => {
    const { log, said } = open();
    log(refused());
    log(new Error('READONLY'));
    log(refused());
    expect(said().map(([message]) => message)).toEqual(['connect ECONNREFUSED 127.0.0.1:1', 'READONLY']);
  });

  it('keeps no more than a few kinds in mind', () => {
    const { log, said } = open();
    for (let count = 0; count < 1_000; count += 1) log(new Error(`fault ${count}`));
    expect(said()).toHaveLength(1_000);
    log(new Error('fault 0'));
    expect(said()).toHaveLength(1_001);
  });
});
