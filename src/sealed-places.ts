import type { SealedPlace } from './base/keys/rewrap.ts';
import { SEALED_REPORTS } from './contracts/access/reports/ledger.ts';
import { GUARD, type GuardRow } from './ledger/guard/row.ts';
import { SEALED_PEOPLE } from './ledger/people/sign-in.ts';
import { SEALED_FILES } from './ledger/recordings/outbox.ts';
import { SEALED_REQUESTS } from './ledger/requests/renew.ts';
import { SCANS, type ScanRow } from './ledger/scan/ledger.ts';
import { sealedInPosition } from './ledger/scan/position.ts';
import { SEALED_WEBHOOKS } from './ledger/webhooks/webhooks.ts';

const SEALED_SCANS: SealedPlace<ScanRow> = {
  collection: SCANS,
  filter: {},
  sealedIn: ({ account_id, position }) => sealedInPosition('position', account_id, position),
};

const SEALED_GUARD: SealedPlace<GuardRow> = {
  collection: GUARD,
  filter: {},
  sealedIn: ({ _id, round }) => sealedInPosition('round', _id, round),
};

/** Everything of Lethe's that is sealed and will still be read: it can be sealed anew under another key. */
export const SEALED_PLACES: readonly SealedPlace[] = [
  SEALED_REQUESTS,
  SEALED_FILES,
  SEALED_REPORTS,
  SEALED_SCANS,
  SEALED_GUARD,
  SEALED_PEOPLE,
  SEALED_WEBHOOKS,
];
