import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:tls';

/** A key of no worth and its self-signed certificate for `localhost`, valid for a hundred years (DER in base64). */
const KEY =
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgguSk2WBGLbQGnFrRX/crrNnvZsVJrCSDr3bbRQQ7jxGhRANCAASVvXOo1DzpckS8iZCoDLtD51ns9QrPd3QOnVYX9wsJjw6AA/+sHQG9mOS6TtYmHbIdCmTptVIsU3PpIk5j1B5p';
const CERTIFICATE =
  'MIIBfzCCASWgAwIBAgIUSzsr7dNlsuFdT6w9WNeFzOVasGQwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjAwMzEwOVoYDzIxMjYxMTAyMDAzMTA5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASVvXOo1DzpckS8iZCoDLtD51ns9QrPd3QOnVYX9wsJjw6AA/+sHQG9mOS6TtYmHbIdCmTptVIsU3PpIk5j1B5po1MwUTAdBgNVHQ4EFgQUdxr+TpkesiP+968L6Uodp+BPhjIwHwYDVR0jBBgwFoAUdxr+TpkesiP+968L6Uodp+BPhjIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA55s5scKmpFlHo7ZDO1rybpAUJbZBtYCc73acxU++JtwCIFn1CN8GogW4PWg7NGYr2xENnTbToSHqQ+7IZWTN/Xtx';

const pem = (label: string, der: string) => `-----BEGIN ${label}-----\n${der}\n-----END ${label}-----\n`;

/** The same as PEM. */
export const CERTIFIED = { key: pem('PRIVATE KEY', KEY), certificate: pem('CERTIFICATE', CERTIFICATE) } as const;

/** A server that speaks TLS and passes everything on to another one in the clear. */
export async function startTlsProxy(target: { host: string; port: number }): Promise<{
  readonly port: number;
  close(): Promise<void>;
}> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer({ key: CERTIFIED.key, cert: CERTIFIED.certificate }, (client) => {
    const upstream = connect(target);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
