import type { Configuration } from './configuration.ts';
import { phasesOf } from './phases.ts';

type FineTuning = NonNullable<Configuration['compression']['fineTune']>;

/** The settings of the last phase, with those of fine-tuning in their place. */
export function fineTuning(configuration: Configuration, { iterations, lr }: FineTuning): Configuration {
  const last = phasesOf(configuration).at(-1)!.configuration;
  const schedule =
    'min' in last.schedule ? { ...last.schedule, min: Math.min(last.schedule.min, lr) } : last.schedule;
  return {
    ...last,
    ...{ iterations, warmup: 0 },
    optimizer: { ...last.optimizer, lr },
    schedule: { ...schedule, warmup: Math.min(schedule.warmup, iterations) },
  };
}
