import { startServices } from '../../local/services.ts';

/**
 * A parent to kill: starts both services in the folder its first argument names, prints what it started as JSON, and
 * lives until it is ended.
 */
const services = await startServices({
  dataDir: process.argv[2] ?? '',
  durable: true,
  print: () => {},
  env: {},
});
const { mongodbUri, redisUrl } = services;
console.log(JSON.stringify({ mongodbUri, redisUrl, pids: services.started.flatMap(({ pids }) => pids) }));
const alive = setInterval(() => {}, 60_000);
process.once('SIGTERM', async () => {
  clearInterval(alive);
  await services.stop();
});
