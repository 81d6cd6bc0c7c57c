import { countriesOf } from '../../src/phone/countries.ts';
import type { Door } from '../http/door.ts';
import { forgetApi } from './operations.ts';
import { forgetRoutes } from './routes.ts';

/** The GDPR forget and status contract. */
export const forgetDoor: Door = {
  name: 'forget',
  operations: ({ NUMBER_PREFIXES: prefixes }) => forgetApi(prefixes, countriesOf(prefixes)),
  routes: forgetRoutes,
};
