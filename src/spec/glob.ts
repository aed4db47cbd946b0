/** Whether a name is meant by the pattern: a glob over all of it when there is a `*` or `?` in it, else a part of it. */
export function matcherOf(pattern: string): (name: string) => boolean {
  if (!/[*?]/.test(pattern)) return name => name.includes(pattern);
  const literal = pattern.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  const glob = new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  return name => glob.test(name);
}
