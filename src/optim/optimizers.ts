import { type AdadeltaOptions, adadelta } from './adadelta.ts';
import { type AdamOptions, adam, adamW } from './adam.ts';
import type { Optimizer } from './optimizer.ts';
import { type RangerOptions, ranger } from './ranger.ts';
import { type SgdOptions, sgd } from './sgd.ts';

/** A spec's `optimizer`, but for the learning rate. */
export type OptimizerSettings =
  | ({ readonly method: 'ranger' } & RangerOptions)
  | ({ readonly method: 'adam' | 'adamw' } & AdamOptions)
  | ({ readonly method: 'sgd' } & SgdOptions)
  | ({ readonly method: 'adadelta' } & AdadeltaOptions);

export function createOptimizer(settings: OptimizerSettings): Optimizer {
  switch (settings.method) {
    case 'ranger':
      return ranger(settings);
    case 'adam':
      return adam(settings);
    case 'adamw':
      return adamW(settings);
    case 'sgd':
      return sgd(settings);
    case 'adadelta':
      return adadelta(settings);
  }
}
