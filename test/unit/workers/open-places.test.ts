import { expect, it } from '@jest/globals';
import { createOpenPlaces } from '../../../workers/open-places.ts';

it('all places are open but while an account asks for little beside one that asks for much, and a moment longer', () => {
  let now = 10_000;
  let places = 0;
  const { begin } = createOpenPlaces(
    8,
    2,
    (open) => {
      places = open;
    },
    () => now,
  );
  const busy = [begin('busy'), begin('busy')];
  expect(places).toBe(8);
  const end = begin('other');
  expect(places).toBe(4);
  const third = begin('third');
  expect(places).toBe(6);
  third();
  end();
  now += 1_900;
  busy[0]?.();
  expect(places).toBe(6);
  now += 200;
  begin('busy');
  expect(places).toBe(8);
  // Two that ask for much, then nobody who does.
  const many = [begin('large'), begin('large')];
  expect(places).toBe(8);
  for (const done of many) done();
  const small = createOpenPlaces(8, 2, (open) => {
    places = open;
  });
  for (const account of ['a', 'b', 'c']) small.begin(account);
  expect(places).toBe(8);
});
