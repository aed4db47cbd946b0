import type { GuidanceStage, PhaseStage, Stage } from '../contract/stage.ts';
import { classesOf } from '../images/datasets.ts';

/** A stage is a process of its own, which takes a second or two to begin: that many images take longer in any network. */
const fewestImages = 50_000;

/** What is kept for as long as the plan is there must not fill a disk: 20,000 batches of 256, 100 classes, are half of it. */
const mostBytes = 4 * 2 ** 30;

/** Stages, and the keys of the logits that phases are given by the phases' keys. */
export interface Shared {
  readonly stages: ReadonlyMap<string, Stage>;
  readonly guidance: ReadonlyMap<string, string>;
}

/**
 * Makes logits that several phases learn from a stage of their own, and gives it to them, where that pays: of at least
 * 50,000 images, and no more than 4 GiB. Phases give the same bytes without.
 */
export function shareGuidance(stages: ReadonlyMap<string, Stage>): Shared {
  const streams = new Map<string, PhaseStage[]>();
  for (const stage of stages.values()) {
    if (stage.kind !== 'phase' || stage.stream === undefined) continue;
    const others = streams.get(stage.stream);
    if (others === undefined) streams.set(stage.stream, [stage]);
    else others.push(stage);
  }
  const guidance = new Map<string, string>();
  for (const [stream, phases] of streams) {
    if (phases.length < 2 || !pays(phases[0]!)) continue;
    for (const { key } of phases) guidance.set(key, stream);
  }
  if (guidance.size === 0) return { stages, guidance };
  const all = new Map<string, Stage>();
  for (const [key, stage] of stages) {
    const stream = guidance.get(key);
    if (stage.kind !== 'phase' || stream === undefined) all.set(key, stage);
    else {
      if (!all.has(stream)) all.set(stream, guidanceOf(streams.get(stream)!));
      all.set(key, { ...stage, inputs: { ...stage.inputs, guidance: stream } });
    }
  }
  return { stages: all, guidance };
}

function guidanceOf(phases: readonly PhaseStage[]): GuidanceStage {
  const { name, configuration, seed, training, unless, stream, inputs } = phases[0]!;
  return {
    kind: 'guidance',
    ...{ key: stream!, name: `${name} guidance`, configuration, seed, training },
    inputs: training.teacher === 'none' ? { target: inputs.target } : {},
    // With a round is left out only what no other round learns from.
    unless: phases.every(phase => phase.unless === unless) ? unless : undefined,
  };
}

function pays({ training }: PhaseStage): boolean {
  const images = (training.iterations - training.warmup) * training.batch;
  return images >= fewestImages && 4 * images * classesOf(training) <= mostBytes;
}
