/**
 * The script of a thread, by its path below src/. Sources are run by loaders that threads do not have: there the built
 * file stands in.
 */
export const threadScript = (path: string): URL =>
  new URL(`${import.meta.url.endsWith('.ts') ? '../dist' : '.'}/${path}.js`, import.meta.url);
