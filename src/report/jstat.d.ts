/** The functions that are used of jstat, which ships no types. */
declare module 'jstat' {
  type Quantile = (x: number, degreesOfFreedom: number) => number;
  const jStat: { studentt: { inv: Quantile; pdf: Quantile } };
  export default jStat;
}
