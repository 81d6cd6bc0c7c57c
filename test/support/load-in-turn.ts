let loading: Promise<unknown> = Promise.resolve();

/**
 * Loads modules after those that were asked for before. Two imports that meet in a module that is being linked fail in
 * jest's modules ("request for … is not in cache").
 */
export function loadInTurn<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  const loaded = loading.then(load);
  loading = loaded.catch(() => {});
  return loaded;
}
