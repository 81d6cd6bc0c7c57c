import type { Door } from '../http/door.ts';
import { handleErrors } from '../http/errors.ts';
import { contactApi } from './operations.ts';
import { presentContactError } from './present.ts';
import { CONTACTS, contactRoutes } from './routes.ts';

/** The contract to erase a contact. */
export const contactDoor: Door = {
  name: 'contact',
  operations: () => contactApi,
  routes: contactRoutes,
  errors: { below: [CONTACTS], handler: (logger) => handleErrors(logger, presentContactError) },
};
