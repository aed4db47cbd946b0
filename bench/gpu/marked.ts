/**
 * The text with what stands between `<!-- name:begin -->` and `<!-- name:end -->` replaced; the marks stay, so that it
 * can be done again. Throws an Error that says which marks the text must have.
 */
export function replaceMarked(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`Expected a line \`${begin}\` and, after it, a line \`${end}\``);
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}
