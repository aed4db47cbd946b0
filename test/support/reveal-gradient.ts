import type { Optimizer } from '../../src/optim/optimizer.ts';

/** Stands in for the optimizer: the "new parameters" are the gradient. */
export const revealGradient: Optimizer = {
  stateNames: [],
  scalarNames: [],
  initialState: () => ({}),
  scalars: () => ({}),
  update: ({ gradient }) => ({ parameters: gradient, state: {} }),
};
