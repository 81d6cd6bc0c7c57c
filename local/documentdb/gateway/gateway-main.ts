import { rename, writeFile } from 'node:fs/promises';
import { type GatewayOptions, startGateway } from './gateway.ts';

/**
 * The gateway as a process of its own. Its only argument is a JSON object: the gateway's options, and `ready`, the path
 * of a file it writes its port into once it listens. It ends on SIGTERM.
 *
 * Exit codes: 98 when the port is taken (errno's EADDRINUSE), 1 for anything else.
 */
const { ready, ...options } = JSON.parse(process.argv[2] ?? '{}') as GatewayOptions & { ready: string };

try {
  const gateway = await startGateway(options);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      await gateway.close();
      process.exit(0);
    });
  }
  await writeFile(`${ready}.part`, String(gateway.port));
  await rename(`${ready}.part`, ready);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  process.stderr.write(`${message}\n`);
  process.exit(code === 'EADDRINUSE' ? 98 : 1);
}
