/** The one function that is used of jstat, which ships no types. */
declare module 'jstat' {
  const jStat: { studentt: { inv: (p: number, degreesOfFreedom: number) => number } };
  export default jStat;
}
