const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** Counts are kept under this name. A dot would be read as a path by MongoDB; `constructor` and the like exist in every object. */
export const isName = (text: string) => NAME.test(text) && !(text in {});
