import { classesOf } from '../stages/datasets.ts';
import type { PhaseStage, Stage } from '../stages/stage.ts';

/** A stage is a process of its own, which takes a second or two to begin: that many images take longer in any network. */
const fewestImages = 50_000;

/** What is kept for as long as the plan is there must not fill a disk: 20,000 batches of 256, 100 classes, are half of it. */
const mostBytes = 4 * 2 ** 30;

/**
 * Makes logits that several phases learn from a stage of their own, and gives it to them, where that pays: of at least
 * 50,000 images, and no more than 4 GiB. Phases give the same bytes without. Returns the stages' keys by the phases'.
 */
export function shareGuidance(stages: Map<string, Stage>): Map<string, string> {
  const streams = new Map<string, PhaseStage[]>();
  for (const stage of stages.values()) {
    if (stage.kind !== 'phase' || stage.stream === undefined) continue;
    const others = streams.get(stage.stream);
    if (others === undefined) streams.set(stage.stream, [stage]);
    else others.push(stage);
  }
  const given = new Map<string, string>();
  for (const [key, phases] of streams) {
    const [first] = phases as [PhaseStage];
    if (phases.length < 2 || !pays(first)) continue;
    const { name, configuration, seed, training, unless } = first;
    // Only what no round can be without is left out with a round.
    const common = phases.every(phase => phase.unless === unless) ? unless : undefined;
    const inputs = training.teacher === 'none' ? { target: first.inputs.target } : {};
    const about = { key, name: `${name} guidance`, configuration, inputs, unless: common };
    stages.set(key, { kind: 'guidance', ...about, seed, training });
    for (const phase of phases) {
      stages.set(phase.key, { ...phase, inputs: { ...phase.inputs, guidance: key } });
      given.set(phase.key, key);
    }
  }
  return given;
}

function pays({ training }: PhaseStage): boolean {
  const images = (training.iterations - training.warmup) * training.batch;
  return images >= fewestImages && 4 * images * classesOf(training) <= mostBytes;
}
