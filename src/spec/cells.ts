import { canonicalJson, hashOf } from '../canonical-json.ts';
import type { Assignment, Combination } from './assignment.ts';
import { type Cell, cellOf, configurationOf, draftOf } from './cell.ts';
import { keysOf, type Mapping, overlaps, parentOf, pointerTo } from './pointer.ts';
import { impossible } from './rules.ts';
import { quote } from './text.ts';
import { type Problem, validate } from './validate.ts';

/** A problem of a configuration, with the assignments that made it. */
export interface Misplaced {
  problem: Problem;
  assignments: Combination;
}

export interface Built {
  cells: { cell: Cell; assignments: Combination }[];
  problems: Misplaced[];
}

/** Every combination as a validated cell, or with what is wrong with it. */
export function buildCells(
  base: Mapping,
  combinations: readonly Combination[],
  axes: readonly string[],
  fixed: readonly Assignment[],
): Built {
  const built: Built = { cells: [], problems: [] };
  const first = new Map<string, Combination>();
  for (const combination of combinations) {
    const assignments = [...combination, ...fixed];
    const checked = configurationOf(draftOf(base, assignments));
    const problems = checked.ok ? impossible(checked.value) : checked.problems;
    if (checked.ok) {
      const content = hashOf(checked.value);
      const twin = first.get(content);
      if (problems.length === 0 && twin !== undefined) problems.push(duplicate(combination, twin));
      if (problems.length === 0)
        built.cells.push({ cell: cellOf(checked.value, content, axes, assignments), assignments });
      first.set(content, twin ?? combination);
    }
    built.problems.push(...problems.map(problem => ({ problem, assignments })));
  }
  return built;
}

/**
 * What is wrong in the part that all cells share, or in one value of the grid, but for what the grid may still complete.
 * Finds mistakes in values that every cell overwrites, and in the values of a grid that cannot be expanded.
 */
export function incompleteProblems(
  base: Mapping,
  some: Combination,
  axes: readonly string[],
  fixed: readonly Assignment[],
): Misplaced[] {
  const assignments = [...some, ...fixed];
  const problems = validate('configuration', draftOf(base, assignments)).filter(({ code, pointer }) => {
    const about = keysOf(code === 'foreign-key' ? parentOf(pointer) : pointer).join('.');
    const open = code === 'missing-key' || code === 'foreign-key';
    return !open || !axes.some(path => overlaps(path, about));
  });
  return problems.map(problem => ({ problem, assignments }));
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
