import { countriesOf } from '../../src/phone/countries.ts';
import type { Door } from '../http/door.ts';
import { handleErrors } from '../http/errors.ts';
import { presentNamed } from '../http/named-errors.ts';
import { suppressionsApi } from './operations.ts';
import { suppressionRoutes } from './routes.ts';

/** The numbers of an account that must not be written to: who had them suppressed, why, and taking one off the list. */
export const suppressionsDoor: Door = {
  name: 'suppressions',
  operations: ({ NUMBER_PREFIXES: prefixes }) => suppressionsApi(prefixes, countriesOf(prefixes)),
  routes: suppressionRoutes,
  errors: { below: ['/suppressions'], handler: (logger) => handleErrors(logger, presentNamed) },
};
