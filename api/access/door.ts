import { Router } from 'express';
import { countriesOf } from '../../src/phone/countries.ts';
import type { Door } from '../http/door.ts';
import { accessApi } from './operations.ts';
import { personRoutes } from './person.ts';
import { reportRoutes } from './reports.ts';
import { searchRoutes } from './search.ts';

/** Subject access: what is held on a person, by search, by report, or all of it on one number. */
export const accessDoor: Door = {
  name: 'access',
  operations: ({ NUMBER_PREFIXES: prefixes }) => accessApi(prefixes, countriesOf(prefixes)),
  routes: (deps) => Router().use(searchRoutes(deps), reportRoutes(deps), personRoutes(deps)),
};
