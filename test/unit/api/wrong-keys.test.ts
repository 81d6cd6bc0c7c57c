import { describe, expect, it } from '@jest/globals';
import { createWrongKeys } from '../../../api/http/wrong-keys.ts';

const HOME = '192.0.2.1';

describe('wrong keys', () => {
  const start = () => {
    let ms = 0;
    const keys = createWrongKeys(() => ms);
    const admitMany = (count: number, address: string, mark: string) =>
      Array.from({ length: count }, (_, index) => keys.admit(address, `${mark}${index}`));
    return {
      keys,
      admitMany,
      wait: (more: number) => {
        ms += more;
      },
    };
  };

  it('a look that could not be made, and one that found a live key, do not count', () => {
    const { keys, admitMany } = start();
    for (let round = 0; round < 5; round += 1) {
      for (const one of admitMany(150, HOME, `u${round}-`)) one.undecided();
      for (const one of admitMany(150, HOME, `s${round}-`)) one.succeeded();
    }
    expect(() => keys.admit(HOME, 'another')).not.toThrow();
  });

  it('looks for one key side by side are one, and count each once they were in vain', async () => {
    const { keys } = start();
    const looks = Array.from({ length: 500 }, () => keys.admit(HOME, 'same'));
    expect(() => keys.admit(HOME, 'another')).not.toThrow();
    await Promise.all(looks.map((look) => look.failed()));
    expect(() => keys.admit(HOME, 'another')).toThrow('Too many wrong keys');
    expect(() => keys.admit(HOME, undefined)).toThrow('Too many wrong keys');
    expect(() => keys.admit('192.0.2.2', 'another')).not.toThrow();
  });

  it('a key that was live goes on until it is wrong', async () => {
    const { keys, admitMany } = start();
    keys.admit(HOME, 'live').succeeded();
    admitMany(200, HOME, 'x');
    const look = keys.admit(HOME, 'live');
    await look.failed();
    expect(() => keys.admit(HOME, 'live')).toThrow('Too many wrong keys');
  });

  it('time heals', () => {
    const { keys, admitMany, wait } = start();
    admitMany(200, HOME, 'x');
    expect(() => keys.admit(HOME, 'another')).toThrow('Too many wrong keys');
    wait(1_000);
    admitMany(20, HOME, 'y');
    expect(() => keys.admit(HOME, 'another')).toThrow('Too many wrong keys');
    wait(3_600_000);
    admitMany(200, HOME, 'z');
    expect(() => keys.admit(HOME, 'another')).toThrow('Too many wrong keys');
  });

  it.each([
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0:1:2:3:4'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::9'],
  ])('%s and %s are one place', (one, other) => {
    const { keys, admitMany } = start();
    admitMany(200, one, 'x');
    expect(() => keys.admit(other, 'another')).toThrow('Too many wrong keys');
  });
});
