import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { DOORS } from '../../../api/doors.ts';
import type { Config } from '../../../src/base/config.ts';
import { API_TYPES_FILE, makeApiTypes } from '../../support/api-types.ts';

it("the console's types are those of the API's description (npm run readme brings them up to date)", () => {
  expect(readFileSync(API_TYPES_FILE, 'utf8')).toBe(makeApiTypes());
});

it('every example of an answer is one by its schema', () => {
  const config = { NUMBER_PREFIXES: ['44'] } as unknown as Config;
  const answers = DOORS.flatMap((door) => door.operations(config)).flatMap(({ path, responses }) =>
    Object.values(responses).map(({ schema, example }) => ({ path, schema, example })),
  );
  const fitting = answers.filter(({ schema, example }) => schema !== undefined && example !== undefined);
  expect(fitting.length).toBeGreaterThan(30);
  for (const { path, schema, example } of fitting)
    expect({ path, error: schema?.safeParse(example).error?.message }).toEqual({ path, error: undefined });
});
