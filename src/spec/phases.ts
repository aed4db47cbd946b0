import type { Configuration } from './configuration.ts';
import type { Phase as PhaseEntry } from './sweep.generated.ts';

/** One phase of training, with everything that it trains with. */
export interface Phase {
  readonly name: string;
  /** The predictor that it begins with. A file, and `predictor.init`, are in `configuration.predictor.init`. */
  readonly start: 'initial' | 'previous' | 'best-of-seeds';
  /** The cell's configuration with the phase's own settings in place of the cell's. */
  readonly configuration: Configuration;
}

type LossName = PhaseEntry['losses'][number];

/**
 * The papers' schemes. The decoupled one distils for 100 epochs after 350 epochs of reconstruction, with Adam (Decoupled
 * and progressive training, appendix D.2); its learning rate is not published: of 3e-4 and 3e-5 the first undid the
 * reconstruction, the second brought what the paper promises (docs/results/schemes.md).
 */
const schemes: Readonly<
  Record<Extract<Configuration['phases'], string>, (iterations: number) => PhaseEntry[]>
> = {
  joint: () => [{ name: 'joint', losses: ['reconstruction', 'kd', 'fmd'], from: 'previous' }],
  reconstruction: () => [{ name: 'reconstruct', losses: ['reconstruction'], from: 'previous' }],
  decoupled: iterations => [
    { name: 'reconstruct', losses: ['reconstruction'], from: 'previous' },
    {
      name: 'distill',
      losses: ['kd'],
      from: 'best-of-seeds',
      iterations: Math.max(1, Math.round((iterations * 100) / 350)),
      optimizer: { method: 'adam', lr: 3e-5, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 },
    },
  ],
};

/** The phases as they are written, those of a scheme written out. */
export const phaseEntries = ({ phases, iterations }: Configuration): readonly PhaseEntry[] =>
  typeof phases === 'string' ? schemes[phases](iterations) : phases;

/** The phases of a cell, in their order. */
export function phasesOf(configuration: Configuration): Phase[] {
  return phaseEntries(configuration).map((entry, i) => ({
    name: entry.name,
    start: entry.from === 'best-of-seeds' ? 'best-of-seeds' : startsAnew(entry, i) ? 'initial' : 'previous',
    configuration: settingsOf(entry, configuration),
  }));
}

const startsAnew = ({ from }: PhaseEntry, i: number) => typeof from === 'object' || i === 0;

function settingsOf(entry: PhaseEntry, configuration: Configuration): Configuration {
  const { name: _, losses: acting, from, forms = configuration.losses, data, alpha, beta, ...rest } = entry;
  const own = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const iterations = entry.iterations ?? configuration.iterations;
  const acts = (loss: LossName) => acting.includes(loss);
  // Alone, a loss needs no weight against another one.
  const weight = (loss: LossName, given: number | undefined, spec: number) =>
    !acts(loss) ? 0 : (given ?? (acts('reconstruction') ? spec : 1));
  return {
    ...configuration,
    evaluateEvery:
      entry.iterations === undefined ? configuration.evaluateEvery : Math.max(1, Math.round(iterations / 10)),
    ...(acts('reconstruction') ? {} : { warmup: 0 }),
    ...own,
    alpha: weight('kd', alpha, configuration.alpha),
    beta: weight('fmd', beta, configuration.beta),
    losses: { ...forms, reconstructionWeight: acts('reconstruction') ? forms.reconstructionWeight : 0 },
    data: { ...configuration.data, ...data },
    predictor:
      typeof from === 'object'
        ? { ...configuration.predictor, init: { method: 'checkpoint', file: from.file } }
        : configuration.predictor,
  };
}
