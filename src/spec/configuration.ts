import type { Configuration as ConfigurationOfSchema } from './sweep.generated.ts';

export type { Report } from './sweep.generated.ts';

/**
 * The resolved configuration of a cell, typed by schema/sweep.schema.json. `evaluateEvery` is always there, though its
 * default, a tenth of the iterations, is none that a schema can state.
 */
export type Configuration = ConfigurationOfSchema & { evaluateEvery: number };

/** How a target is trained from scratch: its `train`. */
export type Recipe = NonNullable<Configuration['target']['train']>;
