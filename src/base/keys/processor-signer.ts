import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Config, ConfigError } from '../config.ts';

/** Signs what a data processor says to a controller, as OpenDSR 2.0 has it. */
export interface ProcessorSigner {
  /** The domain of the certificate. */
  readonly domain: string;
  /** The certificate, as PEM. */
  readonly certificate: string;
  /** @returns the headers of a text: domain, and the base64 signature over the SHA-256 of the text */
  headersOf(text: string): Record<string, string>;
}

type Settings = Pick<Config, 'OPENDSR_DOMAIN' | 'OPENDSR_KEY_FILE' | 'OPENDSR_CERTIFICATE_FILE'>;

/**
 * @returns null: OpenDSR is not set up here
 * @throws ConfigError when it is set up in part, a file cannot be read, or key and certificate do not belong together
 */
export function openProcessorSigner(config: Settings): ProcessorSigner | null {
  const { OPENDSR_DOMAIN: domain, OPENDSR_KEY_FILE: keyFile, OPENDSR_CERTIFICATE_FILE: certificateFile } = config;
  if (domain === undefined && keyFile === undefined && certificateFile === undefined) return null;
  if (domain === undefined || keyFile === undefined || certificateFile === undefined)
    throw new ConfigError('OPENDSR_DOMAIN, OPENDSR_KEY_FILE and OPENDSR_CERTIFICATE_FILE go together');
  try {
    const key = createPrivateKey(readFileSync(keyFile));
    const certificate = readFileSync(certificateFile, 'utf8');
    if (!new X509Certificate(certificate).checkPrivateKey(key)) throw new Error('not a pair');
    return {
      domain,
      certificate,
      headersOf: (text) => ({
        'x-opendsr-processor-domain': domain,
        'x-opendsr-signature': sign('sha256', Buffer.from(text), key).toString('base64'),
      }),
    };
  } catch {
    // The cause may repeat a path or a part of the key.
    throw new ConfigError(
      'OPENDSR_KEY_FILE and OPENDSR_CERTIFICATE_FILE must be a private key and its certificate, as PEM',
    );
  }
}
