import { distils } from '../contract/needs.ts';
import type { Placed } from '../contract/placed.ts';
import { batchesOrderOf } from '../images/images.ts';
import { loadTeacher } from '../target/teacher.ts';
import { startOfTraining, train } from '../training/train.ts';
import type { Bench } from './workshop.ts';

/** Trains a pruned predictor with these settings; what is zero stays zero. The seed is 0, whatever the run's. */
export async function fineTune(
  { engine, target, representation }: Pick<Bench, 'engine' | 'target' | 'representation'>,
  configuration: Placed,
  pruned: Float32Array,
): Promise<Float32Array> {
  const images = distils(configuration) ? await batchesOrderOf(configuration) : undefined;
  const teacher = configuration.alpha > 0 ? await loadTeacher(configuration) : undefined;
  const mask = pruned.map(value => (value === 0 ? 0 : 1));
  const guidance = { teacher, given: undefined };
  const workpiece = { engine, target, guidance, representation, configuration, images, mask };
  let parameters = pruned;
  for await (const step of train(workpiece, startOfTraining(configuration, pruned, 0))) {
    ({ parameters } = step.state());
  }
  return parameters;
}
