import type { ErasureRequest } from '../../src/ledger/requests/ledger.ts';
import { draftRequest, type NewRequest } from '../../src/ledger/requests/open-request.ts';

/**
 * Drafts rows of the ledger as they are when a request was accepted, each with a token of its own: of the account
 * `acc_1`, and to be forgotten.
 * @param common what all of them are accepted with
 * @returns takes what the row has besides, and what this one alone is accepted with
 */
export function requestDrafts(
  common: Pick<NewRequest, 'now' | 'deadlineMs'> & Partial<NewRequest>,
): (more?: Partial<ErasureRequest>, own?: Partial<NewRequest>) => ErasureRequest {
  let serial = 0;
  return (more = {}, own = {}) => {
    serial += 1;
    return {
      ...draftRequest({
        ...{ account_id: 'acc_1', profile: 'forget', selector: { by: 'number' }, token: `t${serial}` },
        ...{ requested_by: 'k', keep_suppression: true, graceMs: 0, ...common, ...own },
      }),
      ...more,
    };
  };
}
