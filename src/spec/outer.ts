import { keysOf, type Mapping, type Pointer } from './pointer.ts';
import { configurationKeys, sweepSchema } from './schema.ts';
import type { Report, SweepSpec } from './sweep.generated.ts';
import { type Problem, validate } from './validate.ts';

type Keys =
  | 'name'
  | 'description'
  | 'repeats'
  | 'seeds'
  | 'device'
  | 'matrix'
  | 'zip'
  | 'include'
  | 'exclude';

/** What a spec says around the configuration, as far as its schema has passed it: a key that it minds is absent. */
export type Outer = Partial<Pick<SweepSpec, Keys>> & { report?: Partial<Report> };

/** The keys that make the grid. */
export type GridKeys = Pick<Outer, 'matrix' | 'zip' | 'include' | 'exclude'>;

export interface CheckedOuter {
  outer: Outer;
  /** Whether the grid is what was written, with no key of it absent for a mistake. */
  isGridWhole: boolean;
  problems: Problem[];
}

const gridKeys = ['matrix', 'zip', 'include', 'exclude'];

/** Holds the keys around the configuration against the schema, each by itself. */
export function outerOf(spec: Mapping): CheckedOuter {
  const problems = validate('spec', spec).filter(
    ({ pointer }) => !configurationKeys.includes(topOf(pointer)),
  );
  const wrong = new Set(problems.map(({ pointer }) => topOf(pointer)));
  const passed = Object.entries(spec).filter(
    ([key]) =>
      Object.hasOwn(sweepSchema.properties!, key) && !configurationKeys.includes(key) && !wrong.has(key),
  );
  return {
    outer: Object.fromEntries(passed) as Outer,
    isGridWhole: !gridKeys.some(key => wrong.has(key)),
    problems,
  };
}

const topOf = (pointer: Pointer): string => keysOf(pointer)[0] ?? '';
