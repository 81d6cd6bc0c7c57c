import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERTIFIED } from './tls-proxy.ts';

export const OPENDSR_DOMAIN = 'opendsr.example.org';

/** What a processor of OpenDSR's is set up with: a key and its certificate, in a folder of their own. */
export function setUpOpendsr(): {
  readonly env: Record<'OPENDSR_DOMAIN' | 'OPENDSR_KEY_FILE' | 'OPENDSR_CERTIFICATE_FILE', string>;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-opendsr-'));
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  writeFileSync(keyFile, CERTIFIED.key);
  writeFileSync(certificateFile, CERTIFIED.certificate);
  return {
    env: { OPENDSR_DOMAIN, OPENDSR_KEY_FILE: keyFile, OPENDSR_CERTIFICATE_FILE: certificateFile },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
