/** The resolved configuration of a cell and its parts; all of them come from schema/sweep.schema.json. */
export type {
  Adam,
  Configuration,
  Data,
  Embedding,
  Lookahead,
  Normalization,
  Optimizer,
  Path,
  Predictor,
  Ranger,
  Report,
  Sampler,
  Schedule,
  SweepSpec,
  Target,
} from './sweep.generated.ts';
