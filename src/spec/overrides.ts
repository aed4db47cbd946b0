import type { Assignment } from './assignment.ts';
import type { Diagnostic, DiagnosticCode } from './diagnostic.ts';
import { axisMeant } from './mend.ts';
import { below, isIndex, isMapping, type Mapping, type Pointer, withValue } from './pointer.ts';
import { configurationKeys, isPlace, settingPaths, sweepSchema } from './schema.ts';
import { didYouMean } from './suggest.ts';
import { quote } from './text.ts';
import { type Place, readYaml, type SpecDocument } from './yaml.ts';

/** What the command line changes about a spec. */
export interface Overrides {
  /** `path=value`, the value in YAML. A path into the configuration gets the value in every cell. */
  set?: readonly string[];
  /** In place of the spec's `repeats` or `seeds`. */
  repeats?: number;
}

export interface Overridden {
  document: SpecDocument & { data: Mapping };
  /** Values of paths into the configuration, which hold in every cell. */
  fixed: Assignment[];
  /** The texts of the options, by the name that diagnostics give them. */
  sources: Map<string, string>;
  diagnostics: Diagnostic[];
}

const gridKeys = Object.keys(sweepSchema.properties!).filter(key => !configurationKeys.includes(key));
const reportPaths = Object.keys(sweepSchema.$defs!.Report!.properties!).map(key => `report.${key}`);

/** The document with the overrides applied, and the values they fix in every cell. Nothing is validated yet. */
export function applyOverrides(document: SpecDocument & { data: Mapping }, overrides: Overrides): Overridden {
  const options = (overrides.set ?? []).map(text => ({ file: `--set ${text}`, text, assignment: text }));
  if (overrides.repeats !== undefined) {
    const text = String(overrides.repeats);
    options.push({ file: `--repeats ${text}`, text, assignment: `repeats=${text}` });
  }
  const sources = new Map(options.map(({ file, text }) => [file, text]));
  const start: Overridden = { document, fixed: [], sources, diagnostics: [] };
  return options.reduce(({ document, fixed, diagnostics }, { file, text, assignment }, i) => {
    const parsed = parseAssignment(file, text, assignment);
    if (!parsed.ok) return { document, fixed, sources, diagnostics: [...diagnostics, ...parsed.diagnostics] };
    const { keys, value } = parsed;
    if (configurationKeys.includes(keys[0]!)) {
      const at = `set:${i}`;
      const places = new Map([...document.places, ...moved(value.places, at)]);
      const path = keys.join('.');
      return {
        document: { ...document, places },
        fixed: [...fixed, { path, value: value.data, at }],
        sources,
        diagnostics,
      };
    }
    return { document: replaced(document, keys, value), fixed, sources, diagnostics };
  }, start);
}

type ParsedAssignment =
  | { ok: true; keys: string[]; value: SpecDocument }
  | { ok: false; diagnostics: Diagnostic[] };

function parseAssignment(file: string, text: string, assignment: string): ParsedAssignment {
  const equals = assignment.indexOf('=');
  const path = assignment.slice(0, Math.max(0, equals));
  const failed = (
    code: DiagnosticCode,
    message: string,
    length: number,
    rest: Partial<Diagnostic>,
  ): ParsedAssignment => {
    const range = { line: 1, column: 1, endLine: 1, endColumn: 1 + length };
    return { ok: false, diagnostics: [{ code, message, file, range, ...rest }] };
  };
  if (path === '') {
    const [, name, given = '...'] = /^\s*([\w.-]+?)\s*(?:[:\s]\s*(.*?))?\s*$/.exec(assignment) ?? [];
    const like = name !== undefined && keysOfPath(name) !== undefined ? `${name}=${given}` : undefined;
    return failed('bad-override', `Expected path=value, got ${quote(assignment)}`, assignment.length, {
      hint: like === undefined ? 'such as `--set predictor.hidden=160`' : `write ${quote(`--set ${like}`)}`,
    });
  }
  const bare = path.trim().replace(/^-+/, '');
  if (bare !== path && keysOfPath(bare) !== undefined) {
    const meant = `--set ${bare}=${assignment.slice(equals + 1).trim()}`;
    return failed('bad-override', `Expected a path right before \`=\`, got ${quote(path)}`, path.length, {
      hint: `write ${quote(meant)}`,
    });
  }
  const keys = keysOfPath(path);
  if (keys === undefined) {
    const known = [...settingPaths, ...gridKeys, ...reportPaths];
    return failed('unknown-path', `Unknown path ${quote(path)}`, path.length, {
      expected: 'a setting of the spec, with dots between its keys',
      ...(axisMeant(path.replace(/^(matrix|zip)\./, ''), undefined) ?? didYouMean(path, known)),
    });
  }
  // Spaces in place of the path keep the columns of the value those of the option.
  const shift = text.length - (assignment.length - equals - 1);
  const value = readYaml(' '.repeat(shift) + assignment.slice(equals + 1), file);
  return value.document !== undefined && value.diagnostics.length === 0
    ? { ok: true, keys, value: value.document }
    : { ok: false, diagnostics: value.diagnostics };
}

/** The keys from the root of the spec; undefined when the spec has no such path. */
function keysOfPath(path: string): string[] | undefined {
  const keys = path.split('.');
  if (settingPaths.includes(path) || reportPaths.includes(path)) return keys;
  if (keys.some(isIndex) && isPlace(keys)) return keys;
  if (gridKeys.includes(path)) return [path];
  const [list = '', ...inner] = path.split('.');
  const axis = inner.join('.');
  return (list === 'matrix' || list === 'zip') && settingPaths.includes(axis) ? [list, axis] : undefined;
}

const moved = (places: ReadonlyMap<Pointer, Place>, to: Pointer): [Pointer, Place][] =>
  [...places].map(([pointer, place]) => [`${to}${pointer}`, place]);

/** The document with one value replaced; `repeats` and `seeds` replace each other. */
function replaced(
  { data, places }: Overridden['document'],
  keys: string[],
  value: SpecDocument,
): Overridden['document'] {
  const pointer = keys.reduce<Pointer>(below, '');
  const rival = { repeats: 'seeds', seeds: 'repeats' }[pointer.slice(1)];
  const kept = Object.fromEntries(Object.entries(data).filter(([key]) => key !== rival));
  const others = [...places].filter(([place]) => place !== pointer && !place.startsWith(`${pointer}/`));
  const changed = withValue(kept, keys, value.data);
  return {
    data: isMapping(changed) ? changed : {},
    places: new Map([...others, ...moved(value.places, pointer)]),
  };
}
