import { createHash } from 'node:crypto';
import { readProjectFile } from './deploy-files.ts';

const PLACEHOLDER = '#LETHE_PASSWORD_SHA256';

/** The Redis ACL that an operator loads, before its placeholder is filled in. */
export function readAcl(): string {
  return readProjectFile('deploy/redis/users.acl');
}

/** The ACL as an operator installs it: the placeholder replaced by the digest of a password. */
export function fillInAcl(password: string): string {
  return readAcl().replace(PLACEHOLDER, `#${createHash('sha256').update(password).digest('hex')}`);
}

/** What a user of the ACL may call, in lower case: `get`, `client|setname`. */
export function commandsOf(user: string): Set<string> {
  const line = readAcl()
    .split('\n')
    .find((one) => one.startsWith(`user ${user} `));
  return new Set((line ?? '').split(' ').flatMap((word) => /^\+([a-z|]+)$/.exec(word)?.[1] ?? []));
}
