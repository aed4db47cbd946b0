/**
 * The sum of finite numbers as if it were rounded once, in whatever order they come: what each addition loses is kept as
 * further terms (Shewchuk 1997, as in Python's math.fsum), which are added from the smallest on.
 */
export function exactSum(values: readonly number[]): number {
  let terms: number[] = [];
  for (const value of values) {
    const lost: number[] = [];
    let total = value;
    for (const term of terms) {
      const [large, small] = Math.abs(total) < Math.abs(term) ? [term, total] : [total, term];
      total = large + small;
      const rest = small - (total - large);
      if (rest !== 0) lost.push(rest);
    }
    terms = [...lost, total];
  }
  return terms.reduce((sum, term) => sum + term, 0);
}
