import { readdirSync, readFileSync, statSync } from 'node:fs';
import { resolve as absolute, basename, dirname, join } from 'node:path';
import type { DiagnosticCode } from './diagnostic.ts';
import type { Overrides } from './overrides.ts';
import { didYouMean } from './suggest.ts';
import { parseSpec, type Result } from './sweep.ts';
import { quote } from './text.ts';
import { MAX_SPEC_BYTES } from './yaml.ts';

/** Reads, checks and expands a spec file. `file` appears in diagnostics as it is given. */
export function loadSpec(file: string, overrides: Overrides = {}): Result {
  const read = readText(file);
  return read.ok ? parseSpec(read.text, file, overrides) : read;
}

function readText(file: string): { ok: true; text: string } | Extract<Result, { ok: false }> {
  const failed = (
    code: DiagnosticCode,
    message: string,
    rest: { hint?: string } = {},
    text = '',
    offset = 0,
  ) => {
    const before = text.slice(0, offset).split('\n');
    const [line, column] = [before.length, before.at(-1)!.length + 1];
    const range = { line, column, endLine: line, endColumn: column + 1 };
    return {
      ok: false as const,
      diagnostics: [{ code, message, file, range, ...rest }],
      sources: new Map([[file, text]]),
    };
  };
  let bytes: Buffer;
  try {
    const stat = statSync(file);
    if (stat.isDirectory())
      return failed('file-unreadable', 'Expected a spec file, got a folder', specIn(file));
    if (!stat.isFile()) return failed('file-unreadable', 'Expected a spec file, got a device or pipe');
    if (stat.size > MAX_SPEC_BYTES) {
      const message = `Expected a spec of at most ${MAX_SPEC_BYTES} bytes, got ${stat.size}`;
      return failed('file-too-large', message);
    }
    bytes = readFileSync(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'ENOENT')
      return failed('file-unreadable', 'Expected a spec file, found none', didYouMeanFile(file));
    return failed('file-unreadable', `Expected a spec file that can be read, got ${quote(error.code)}`);
  }
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return { ok: true, text };
  const message = 'Expected the text of a spec to be UTF-8, got another encoding or binary data';
  return failed('not-utf8', message, { hint: 'save the file as UTF-8' }, text, text.indexOf('\uFFFD'));
}

/** A file of the folder that may have been meant. */
function specIn(folder: string): { hint?: string } {
  const name = readdirSync(folder).find(name => /\.ya?ml$/.test(name));
  return name === undefined ? {} : { hint: `name a file in it, such as \`${join(folder, name)}\`` };
}

/** The file of the same folder whose name is nearest. */
function didYouMeanFile(file: string): { hint?: string } {
  try {
    const folder = dirname(file);
    const { hint } = didYouMean(basename(file), readdirSync(absolute(folder)));
    const name = hint && /`(.*)`/.exec(hint)?.[1];
    return name === undefined ? {} : { hint: `did you mean \`${join(folder, name)}\`?` };
  } catch {
    return {};
  }
}
