/** The frozen plan of a sweep, in its folder. */
export const planFile = 'plan.jsonl';
