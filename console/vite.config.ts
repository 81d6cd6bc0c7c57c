import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Builds static files that run under the policy of `api/console`: no inline script or style, no data: asset but images. */
export default defineConfig(({ command }) => {
  // Whoever builds, in a test too: the libraries' own checks for developers are twice the size.
  if (command === 'build') process.env.NODE_ENV = 'production';
  return {
    root: fileURLToPath(new URL('.', import.meta.url)),
    base: '/console/',
    oxc: { jsx: { runtime: 'automatic' } },
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      // Every browser of the last two years; a lower target would turn light-dark() into something else.
      target: ['chrome123', 'firefox120', 'safari17.5'],
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: {
        // Libraries mark their modules for servers that render React; here they mean nothing.
        onLog: (level, log, tell) => {
          if (log.code !== 'MODULE_LEVEL_DIRECTIVE') tell(level, log);
        },
      },
    },
    server: { proxy: { '^/(?!console/(?!api/))': 'http://127.0.0.1:3000' } },
  };
});
