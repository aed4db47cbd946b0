/** Below this a change of length is rounding: no exchange may undo another for ever. */
const least = 1e-12;

/**
 * A shorter path through the same elements, by 2-opt (Croes 1958): while there is a pair of links whose exchange makes
 * the path shorter, the part between them is turned round. Tries, for each element in the order of the path, only links
 * to its `neighbours`, at most `passes` times for all elements; either end of the path may move. `distance` is symmetric.
 * The same input gives the same path.
 */
export function improvePath(
  path: Uint32Array,
  neighbours: (element: number) => ArrayLike<number>,
  distance: (a: number, b: number) => number,
  passes: number,
): Uint32Array {
  // A closed tour through one more element, which is at distance 0 from all: the ends are its neighbours.
  const end = path.length;
  const length = end + 1;
  const tour = new Uint32Array(length);
  tour.set(path);
  tour[end] = end;
  const places = new Uint32Array(length);
  for (const [place, element] of tour.entries()) places[element] = place;
  const between = (a: number, b: number) => (a === end || b === end ? 0 : distance(a, b));
  const after = (place: number) => (place + 1 === length ? 0 : place + 1);
  const before = (place: number) => (place === 0 ? length - 1 : place - 1);

  /** Turns round what lies from one place to another, or, to the same effect, all the rest when that is less. */
  const turn = (first: number, last: number) => {
    let inside = (last - first + length) % length;
    let [from, to] = [first, last];
    if (2 * (inside + 1) > length) {
      [from, to] = [after(last), before(first)];
      inside = length - inside - 2;
    }
    for (let swaps = (inside + 1) >> 1; swaps > 0; swaps--) {
      const [a, b] = [tour[from]!, tour[to]!];
      tour[from] = b;
      places[b] = from;
      tour[to] = a;
      places[a] = to;
      from = after(from);
      to = before(to);
    }
  };

  /** Links an element with a neighbour in place of the link to what comes after (or before) it; whether that is shorter. */
  const exchange = (a: number, step: (place: number) => number): boolean => {
    const next = tour[step(places[a]!)]!;
    const link = between(a, next);
    const tryLink = (c: number): boolean => {
      const toC = between(a, c);
      if (c === a || toC >= link) return false;
      const d = tour[step(places[c]!)]!;
      if (toC + between(next, d) - link - between(c, d) > -least) return false;
      if (step === after) turn(places[next]!, places[c]!);
      else turn(places[c]!, places[next]!);
      return true;
    };
    const near = neighbours(a);
    for (let i = 0; i < near.length; i++) if (tryLink(near[i]!)) return true;
    return tryLink(end);
  };

  for (let pass = 0; pass < passes; pass++) {
    let improved = false;
    for (const a of tour.slice()) {
      if (a === end) continue;
      while (exchange(a, after) || exchange(a, before)) improved = true;
    }
    if (!improved) break;
  }
  const start = places[end]!;
  return Uint32Array.from(path, (_, i) => tour[(start + 1 + i) % length]!);
}
