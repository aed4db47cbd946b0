import { resolve as absolute, dirname } from 'node:path';
import { type Cell, cellOf, resolve } from './cell.ts';
import type { Configuration, Report } from './configuration.ts';
import { type Diagnostic, type Location, type Sources, tidy } from './diagnostic.ts';
import { type Assignment, type Combination, expandGrid, type Grid } from './grid.ts';
import { diagnosticOf, locator } from './locate.ts';
import { applyOverrides, type Overrides } from './overrides.ts';
import { canonicalJson, isMapping, keysOf, type Mapping, overlaps, parentOf, pointerTo } from './pointer.ts';
import { impossible } from './rules.ts';
import { configurationKeys, settingPaths, sweepSchema, withDefaults } from './schema.ts';
import { listed, quote } from './text.ts';
import { type Problem, validate } from './validate.ts';
import { readYaml } from './yaml.ts';

/** Cells times seeds. Every run is a process and a folder; this many would take years. */
export const MAX_RUNS = 100_000;

/** A checked spec: what is to be run. */
export interface Sweep {
  name: string;
  description?: string;
  /** The spec file as it was given, its folder (absolute), and its text. */
  file: string;
  folder: string;
  text: string;
  cells: Cell[];
  seeds: number[];
  /** The paths that the grid varies: of matrix, zip and include, in the order written. */
  axes: string[];
  report?: Report;
  /** Where a setting of a cell (of all cells when none is given) is written, for diagnostics found later. */
  locate(path: string, cell?: Cell): Location;
  /** The texts that locations lead into: the spec's and the options'. */
  sources: Sources;
}

export type Result = { ok: true; sweep: Sweep } | { ok: false; diagnostics: Diagnostic[]; sources: Sources };

/** Checks and expands the text of a spec. Pure: reads no files. All that is wrong is reported at once. */
export function parseSpec(text: string, file: string, overrides: Overrides = {}): Result {
  const sources = new Map([[file, text]]);
  const failed = (diagnostics: Diagnostic[]): Result => ({
    ok: false,
    diagnostics: tidy(diagnostics),
    sources,
  });

  const read = readYaml(text, file);
  if (!read.ok) return failed(read.diagnostics);
  const { data, places } = read.document;
  if (!isMapping(data)) {
    return failed(validate('spec', data).map(problem => diagnosticOf(problem, locator(places, file))));
  }
  const overridden = applyOverrides({ data, places }, overrides);
  for (const [option, given] of overridden.sources) sources.set(option, given);

  const { document, fixed } = overridden;
  const locate = locator(document.places, file);
  const outer = validate('spec', document.data).filter(
    ({ pointer }) => !configurationKeys.includes(keysOf(pointer)[0] ?? ''),
  );
  const gridKeys = ['matrix', 'zip', 'include', 'exclude'];
  const broken = outer.some(({ pointer }) => gridKeys.includes(keysOf(pointer)[0] ?? ''));
  const grid: Grid = broken ? { axes: [], combinations: [], problems: [] } : expandGrid(document.data, fixed);

  const base = Object.fromEntries(
    Object.entries(document.data).filter(([key]) => configurationKeys.includes(key)),
  );
  const built = buildCells(base, grid, fixed);
  const seeds = outer.length > 0 ? [] : seedsOf(document.data);
  const problems = [
    ...outer,
    ...grid.problems,
    ...baseProblems(base, fixed, pathsIn(document.data)),
    ...(outer.length > 0 || grid.problems.length > 0
      ? []
      : [
          ...emptyGrid(grid),
          ...tooManyRuns(grid, seeds),
          ...reportProblems(document.data.report, grid.axes),
        ]),
  ];
  const diagnostics = [
    ...overridden.diagnostics,
    ...problems.map(problem => diagnosticOf(problem, locate, fixed)),
    ...built.problems.map(({ problem, assignments }) => diagnosticOf(problem, locate, assignments)),
  ];
  if (diagnostics.length > 0) return failed(diagnostics);

  const { name, description, report } = document.data as {
    name: string;
    description?: string;
    report?: Mapping;
  };
  const sweep: Sweep = {
    name,
    ...(description === undefined ? {} : { description }),
    file,
    folder: absolute(dirname(file)),
    text,
    cells: built.cells.map(({ cell }) => cell),
    seeds,
    axes: grid.axes,
    ...(report === undefined ? {} : { report: withDefaults(sweepSchema.$defs!.Report!, report) as Report }),
    locate: (path, cell) =>
      locate(
        pointerTo(path),
        'value',
        built.cells.find(one => one.cell.id === cell?.id)?.assignments ?? fixed,
      ),
    sources,
  };
  return { ok: true, sweep };
}

interface Built {
  cells: { cell: Cell; assignments: Combination }[];
  problems: { problem: Problem; assignments: Combination }[];
}

/** Every combination as a validated cell, or with what is wrong with it. */
function buildCells(base: Mapping, grid: Grid, fixed: readonly Assignment[]): Built {
  const built: Built = { cells: [], problems: [] };
  const first = new Map<string, Combination>();
  for (const combination of grid.combinations) {
    const assignments = [...combination, ...fixed];
    const resolved = resolve(base, assignments);
    const invalid = validate('configuration', resolved);
    // Valid data has the types that are generated from the schema it is valid against.
    const configuration = resolved as unknown as Configuration;
    const problems = invalid.length > 0 ? invalid : impossible(configuration);
    const content = canonicalJson(resolved);
    const twin = first.get(content);
    if (problems.length === 0 && twin !== undefined) problems.push(duplicate(combination, twin));
    if (problems.length === 0)
      built.cells.push({ cell: cellOf(configuration, grid.axes, assignments), assignments });
    built.problems.push(...problems.map(problem => ({ problem, assignments })));
    first.set(content, twin ?? combination);
  }
  return built;
}

function duplicate(combination: Combination, twin: Combination): Problem {
  const differing = combination.find(({ at }, i) => at !== twin[i]?.at) ?? combination.at(-1);
  const values = combination.map(
    ({ path, value }) => `${path}=${typeof value === 'string' ? value : canonicalJson(value)}`,
  );
  return {
    code: 'duplicate-cell',
    pointer: pointerTo(differing?.path ?? ''),
    at: 'value',
    message: `Expected every cell to differ from the others, got the configuration of an earlier one again for ${quote(values.join(' '))}`,
    hint: 'remove the repeated value, or leave the combination out with `exclude`',
  };
}

/** What is wrong in the part that all cells share, but for what the grid may still complete. */
function baseProblems(base: Mapping, fixed: readonly Assignment[], paths: readonly string[]): Problem[] {
  return validate('configuration', resolve(base, fixed)).filter(({ code, pointer }) => {
    const about = keysOf(code === 'foreign-key' ? parentOf(pointer) : pointer).join('.');
    const open = code === 'missing-key' || code === 'foreign-key';
    return !open || !paths.some(path => overlaps(path, about));
  });
}

/** Every path that the grid names, even a grid that is wrong elsewhere. */
function pathsIn({ matrix, zip, include }: Mapping): string[] {
  const mappings = [matrix, zip, ...(Array.isArray(include) ? include : [])].filter(isMapping);
  return mappings.flatMap(mapping => Object.keys(mapping)).filter(path => settingPaths.includes(path));
}

function seedsOf({ seeds, repeats }: Mapping): number[] {
  if (Array.isArray(seeds)) return seeds;
  const length = Number(repeats ?? sweepSchema.properties!.repeats!.default);
  return Array.from({ length }, (_, seed) => seed);
}

function emptyGrid({ combinations }: Grid): Problem[] {
  if (combinations.length > 0) return [];
  const message = 'Expected `exclude` to leave a combination of the grid, got none left';
  return [{ code: 'empty-grid', pointer: '/exclude', at: 'key', message }];
}

function tooManyRuns({ combinations }: Grid, seeds: readonly number[]): Problem[] {
  const runs = combinations.length * seeds.length;
  if (runs <= MAX_RUNS) return [];
  const counts = `${combinations.length} cells with ${seeds.length} seeds each`;
  const message = `Expected at most ${MAX_RUNS.toLocaleString('en-US')} runs, got ${counts}`;
  return [{ code: 'grid-too-large', pointer: '/repeats', at: 'value', message }];
}

function reportProblems(report: unknown, axes: readonly string[]): Problem[] {
  if (!isMapping(report)) return [];
  const outside = ['rows', 'columns'].filter(
    key => report[key] !== undefined && !axes.includes(String(report[key])),
  );
  const problems: Problem[] = outside.map(key => ({
    code: 'not-in-grid',
    pointer: `/report/${key}`,
    at: 'value',
    message: `Expected \`report.${key}\` to be a path of the grid, got ${quote(report[key])}`,
    expected: axes.length === 0 ? 'a spec with `matrix` or `zip`' : listed(axes.map(quote)),
  }));
  if (report.rows === undefined || report.rows !== report.columns || outside.length > 0) return problems;
  const message = `Expected \`report.columns\` to differ from \`report.rows\`, got ${quote(report.columns)}`;
  return [{ code: 'wrong-value', pointer: '/report/columns', at: 'value', message }];
}
