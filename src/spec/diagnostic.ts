/** What is wrong with a spec; a stable name for machines and tests. */
export type DiagnosticCode =
  | 'file-unreadable'
  | 'file-too-large'
  | 'not-utf8'
  | 'yaml-syntax'
  | 'duplicate-key'
  | 'key-not-text'
  | 'alias-bomb'
  | 'too-deep'
  | 'unknown-key'
  | 'foreign-key'
  | 'missing-key'
  | 'wrong-value'
  | 'repeats-and-seeds'
  | 'unknown-path'
  | 'bad-override'
  | 'unequal-zip'
  | 'overlapping-paths'
  | 'not-in-grid'
  | 'not-evaluated'
  | 'exclude-matches-nothing'
  | 'include-matches-nothing'
  | 'include-adds-nothing'
  | 'empty-grid'
  | 'grid-too-large'
  | 'duplicate-cell'
  | 'impossible-combination'
  | 'file-missing'
  | 'file-rejected';

/** Lines and columns count from 1; columns count characters (code points); the end is exclusive. */
export interface Range {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

/** Where in which text; `file` is a path, or the option it came from, such as `--set alpha=0`. */
export interface Location {
  file: string;
  range: Range;
}

/** One problem of a spec, for people and machines. */
export interface Diagnostic extends Location {
  code: DiagnosticCode;
  message: string;
  /** What would have been right, in words. */
  expected?: string;
  /** How to mend it. */
  hint?: string;
}

/** The texts that diagnostics point into, by `file`. */
export type Sources = ReadonlyMap<string, string>;

/** The diagnostics once each, in the order of the text; those of options come after those of files. */
export function tidy(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map(diagnostics.map(one => [JSON.stringify([one.file, one.range, one.message]), one]));
  const rank = (one: Diagnostic) => (one.file.startsWith('--') ? 1 : 0);
  return [...seen.values()].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      a.range.line - b.range.line ||
      a.range.column - b.range.column ||
      (a.message < b.message ? -1 : 1),
  );
}
