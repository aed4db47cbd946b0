/** The commands in the head of a spec that scale it down: those behind its last "To see it work", without comment signs. */
export function commandsOf(text: string): string[] {
  const lines = text.split('\n');
  const head = lines
    .slice(
      0,
      lines.findIndex(line => !line.startsWith('#')),
    )
    .map(line => line.slice(1).trim());
  const [, shown] = /[\s\S]*To see it work([\s\S]*)/.exec(head.join('\n')) ?? [];
  if (shown === undefined) return [];
  return [...shown.matchAll(/^.*?(nern-sweep (?:.*\\\n)*.*)$/gm)].map(([, command]) => command!);
}

/** The words of a command as a shell reads it; quotes hold spaces, a backslash at the end of a line joins it to the next. */
export const wordsOf = (command: string): string[] =>
  [...command.replaceAll('\\\n', ' ').matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/['"]/g, ''),
  );
