import { accessDoor } from './access/door.ts';
import { consoleDoor } from './console/door.ts';
import { contactDoor } from './contact/door.ts';
import { forgetDoor } from './forget/door.ts';
import type { Door } from './http/door.ts';
import { interactionsDoor } from './interactions/door.ts';
import { opendsrDoor } from './opendsr/door.ts';
import { operatorDoor } from './operator/door.ts';
import { oversightDoor } from './oversight/door.ts';
import { receiptDoor } from './receipt/door.ts';
import { requestsDoor } from './requests/door.ts';
import { resourcesDoor } from './resources/door.ts';
import { suppressionsDoor } from './suppressions/door.ts';
import { systemDoor } from './system/door.ts';
import { transactionDoor } from './transaction/door.ts';
import { webhooksDoor } from './webhooks/door.ts';

/** Every door of the API. Their order is that of the description's tags, and means nothing else. */
export const DOORS: readonly Door[] = [
  forgetDoor,
  receiptDoor,
  accessDoor,
  contactDoor,
  interactionsDoor,
  transactionDoor,
  resourcesDoor,
  suppressionsDoor,
  consoleDoor,
  oversightDoor,
  webhooksDoor,
  requestsDoor,
  systemDoor,
  opendsrDoor,
  operatorDoor,
];
