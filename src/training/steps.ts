import { isOutOfMemory } from '../failure.ts';
import type { Engine, Executable, Feeds } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { paperLosses, sumsOverImages } from '../nern/losses/losses.ts';
import type { Distillation } from '../nern/step/distil.ts';
import { type StepDefinition, trainingStep } from '../nern/step/training-step.ts';

/** A training step that finds out how many images fit into memory. */
export interface Steps {
  /**
   * One step with a sample of so many kernels, with distillation or without; results go to `into`. When memory runs out,
   * the same step is done again with at most half as many images at a time, down to one: what it reads is intact, and the
   * sum over slices is the same but for rounding. Fails with a Failure of kind 'out-of-memory' when one image is too
   * much, or the losses compare the images with each other.
   */
  run(
    sample: number,
    distilling: boolean,
    feeds: Feeds,
    into: Record<string, Tensor>,
  ): Promise<Record<string, Tensor>>;
  /** How many images go through the networks together. */
  imagesAtOnce(): number;
}

/**
 * The programs of a run, each compiled when it is first needed: with and without distillation, for each size of sample
 * (one; with samples of a layer as many as layers have numbers of kernels). `define` says what a step is made of.
 */
export function createSteps(
  engine: Engine,
  distillation: Distillation,
  define: (sample: number, distillation: Distillation | undefined) => StepDefinition,
): Steps {
  const [plain, distilled] = [new Map<number, Promise<Executable>>(), new Map<number, Promise<Executable>>()];
  let { imagesAtOnce } = distillation;

  const compile = (sample: number, distilling: boolean) => {
    const compiled = distilling ? distilled : plain;
    const limited = distilling ? { ...distillation, imagesAtOnce } : undefined;
    const program = compiled.get(sample) ?? engine.compile(trainingStep(define(sample, limited)));
    compiled.set(sample, program);
    return program;
  };

  /** Makes room for a smaller program; false when none can be smaller. */
  const shrink = async (sample: number) => {
    const smaller = largestDivisor(distillation.images, Math.floor(imagesAtOnce / 2));
    if (smaller === 0 || !sumsOverImages(define(sample, distillation).losses ?? paperLosses)) return false;
    imagesAtOnce = smaller;
    const tooLarge = [...distilled.values()];
    distilled.clear();
    // One that could not be compiled, or was lost with the memory, has nothing to give back.
    for (const program of tooLarge) await program.then(executable => executable.dispose()).catch(() => {});
    return true;
  };

  const run: Steps['run'] = async (sample, distilling, feeds, into) => {
    try {
      return await (await compile(sample, distilling)).run(feeds, into);
    } catch (error) {
      if (!distilling || !isOutOfMemory(error) || !(await shrink(sample))) throw error;
      return run(sample, distilling, feeds, into);
    }
  };
  return { run, imagesAtOnce: () => imagesAtOnce };
}

/** The largest divisor of n that is no more than `most`; 0 when there is none. */
function largestDivisor(n: number, most: number): number {
  for (let divisor = Math.min(n, most); divisor > 0; divisor--) if (n % divisor === 0) return divisor;
  return 0;
}
