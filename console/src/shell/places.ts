import type { Scope } from '../api/types.ts';
import type { IconName } from '../base/icon.tsx';

export interface Place {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
  readonly scope: Scope;
  /** Other words somebody may look for it by. */
  readonly also: string;
}

/** The views, in the order of the navigation. A view a role may not see is not there for it. */
export const PLACES: readonly { readonly group: string; readonly places: readonly Place[] }[] = [
  {
    group: 'Daily work',
    places: [
      { path: '/', name: 'Find', icon: 'search', scope: 'look', also: 'home status number reference gone' },
      { path: '/requests', name: 'Requests', icon: 'list', scope: 'look', also: 'table open overdue failed' },
      { path: '/forget', name: 'Forget', icon: 'eraser', scope: 'forget', also: 'erase number file csv delete' },
      {
        path: '/interactions',
        name: 'Interactions',
        icon: 'flag',
        scope: 'access',
        also: 'calls texts chats forms redact log',
      },
    ],
  },
  {
    group: 'On record',
    places: [
      { path: '/access', name: 'Access', icon: 'folder', scope: 'access', also: 'subject held export data' },
      { path: '/suppressions', name: 'Suppressions', icon: 'shield', scope: 'look', also: 'blacklist lift check' },
    ],
  },
  {
    group: 'Evidence',
    places: [
      { path: '/audit', name: 'Audit', icon: 'scroll', scope: 'audit', also: 'verify entries who' },
      { path: '/figures', name: 'Month figures', icon: 'chart', scope: 'audit', also: 'report median overdue' },
      { path: '/records', name: 'Processing records', icon: 'book', scope: 'audit', also: 'article 30 data map' },
      { path: '/receipts', name: 'Receipts', icon: 'seal', scope: 'look', also: 'proof certificate signed' },
    ],
  },
  {
    group: 'Running it',
    places: [
      { path: '/system', name: 'System', icon: 'pulse', scope: 'platform', also: 'health workers queues scans keys' },
      { path: '/keys', name: 'API keys', icon: 'key', scope: 'settings', also: 'scopes revoke' },
      { path: '/people', name: 'People', icon: 'people', scope: 'people', also: 'users roles disable reset' },
    ],
  },
];
