import type { Assignment } from './assignment.ts';
import type { Diagnostic, Location } from './diagnostic.ts';
import { type Pointer, parentOf, pointerTo } from './pointer.ts';
import type { Problem } from './validate.ts';
import type { Place } from './yaml.ts';

/** Finds the place in the text that a pointer into a spec or into a cell's configuration is about. */
export type Locate = (pointer: Pointer, at: 'key' | 'value', assignments?: readonly Assignment[]) => Location;

/**
 * A locator over the places of a spec. Given a cell's assignments, a pointer into its configuration leads to the value
 * in the matrix, or in the option, that it came from. What is not written leads to the innermost mapping that lacks it.
 */
export function locator(places: ReadonlyMap<Pointer, Place>, file: string): Locate {
  const start: Location = { file, range: { line: 1, column: 1, endLine: 1, endColumn: 2 } };

  const written = (pointer: Pointer, at: 'key' | 'value'): Location => {
    const place = places.get(pointer);
    if (place !== undefined) return at === 'key' ? (place.key ?? place.value) : place.value;
    const parent = parentOf(pointer);
    if (parent !== '') return written(parent, 'key');
    const root = places.get('')?.value;
    return root === undefined
      ? start
      : { ...root, range: { ...root.range, endLine: root.range.line, endColumn: root.range.column + 1 } };
  };

  return (pointer, at, assignments = []) => {
    const source = assignments.findLast(({ path }) => covers(pointerTo(path), pointer));
    if (source !== undefined) {
      const inner = `${source.at}${pointer.slice(pointerTo(source.path).length)}`;
      return places.has(inner) ? written(inner, at) : written(source.at, 'value');
    }
    const inside = assignments.findLast(({ path }) => covers(pointer, pointerTo(path)));
    return inside !== undefined && !places.has(pointer) ? written(inside.at, 'value') : written(pointer, at);
  };
}

const covers = (outer: Pointer, inner: Pointer) => inner === outer || inner.startsWith(`${outer}/`);

/** The diagnostic of a problem. */
export function diagnosticOf(
  problem: Problem,
  locate: Locate,
  assignments?: readonly Assignment[],
): Diagnostic {
  const { pointer, at, ...diagnostic } = problem;
  return { ...diagnostic, ...locate(pointer, at, assignments) };
}
