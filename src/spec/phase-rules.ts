import { numberOf } from '../catalogue/measures.ts';
import type { Configuration } from './configuration.ts';
import { phaseEntries, phasesOf } from './phases.ts';
import { problem } from './problem.ts';
import { quote } from './text.ts';
import type { Problem } from './validate.ts';

/** A stop rule asks whether a round's network is better than its target: of that, what compares with it says nothing. */
export function stopRule({ progressive, select }: Configuration): Problem[] {
  const { rounds, stopWhenNoGain } = progressive;
  if (rounds === 1 || !stopWhenNoGain || !numberOf(select.measure).compares) return [];
  return problem(
    '/select/measure',
    `Expected \`select.measure\` to be \`accuracy\` or \`loss\` for rounds with a stop rule, got ${quote(select.measure)}`,
    'it tells how near a network is to its target, not whether it is better; `stopWhenNoGain: false` does all rounds',
  );
}

export function phaseNames(configuration: Configuration): Problem[] {
  const names = phaseEntries(configuration).map(({ name }) => name);
  return names.flatMap((name, i) =>
    names.indexOf(name) === i
      ? []
      : problem(
          `/phases/${i}/name`,
          `Expected phases of different names, got ${quote(name)} twice`,
          'results and events tell phases apart by their names',
        ),
  );
}

export function firstStart(configuration: Configuration): Problem[] {
  if (phasesOf(configuration)[0]!.start !== 'best-of-seeds') return [];
  return problem(
    '/phases/0/from',
    'Expected the first phase to begin with `previous` or a file, got `best-of-seeds`',
    'there is no phase before it; without `from` it begins as `predictor.init` says',
  );
}

/** Where there is no distillation loss none is the lowest. */
export function lossesOfWindow({ phases }: Configuration): Problem[] {
  if (typeof phases === 'string') return [];
  return phases.flatMap(({ losses, evaluateLowest }, i) =>
    evaluateLowest === undefined || losses.includes('kd') || losses.includes('fmd')
      ? []
      : problem(
          `/phases/${i}/evaluateLowest`,
          'Expected a distillation loss in a phase with `evaluateLowest`, found none',
          'it compares KD + FMD; `evaluateEvery` evaluates at regular intervals',
        ),
  );
}

/** A loss that a phase names must weigh something. */
export function actingLosses({ phases, alpha, beta, losses }: Configuration): Problem[] {
  if (typeof phases === 'string') return [];
  const weights = [
    ['kd', 'alpha', alpha],
    ['fmd', 'beta', beta],
    ['reconstruction', 'losses.reconstructionWeight', losses.reconstructionWeight],
  ] as const;
  return phases.flatMap((phase, i) =>
    weights
      .filter(([loss, key, weight]) => {
        const own = loss === 'reconstruction' ? phase.forms : phase[key as 'alpha' | 'beta'];
        const isAlone = loss !== 'reconstruction' && !phase.losses.includes('reconstruction');
        return phase.losses.includes(loss) && weight === 0 && own === undefined && !isAlone;
      })
      .flatMap(([loss, key]) =>
        problem(
          `/phases/${i}/losses`,
          `Expected \`${key}\` to be above 0 where a phase names the loss ${quote(loss)}, got \`0\``,
          'leave the loss out of the phase, or give it a weight',
        ),
      ),
  );
}
