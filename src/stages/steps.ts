import { Failure } from '../failure.ts';
import type { Engine, Executable, Feeds } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type StepDefinition, trainingStep } from '../nern/step.ts';

/** A training step that finds out how many images fit into memory. */
export interface Steps {
  /**
   * One step, with distillation or without; results go to `into`. When memory runs out, the same step is done again with
   * at most half as many images at a time, down to one: what it reads is intact, and the sum over slices is the same but
   * for rounding. Fails with a Failure of kind 'out-of-memory' when one image is too much.
   */
  run(distilling: boolean, feeds: Feeds, into: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  /** How many images go through the networks together. */
  imagesAtOnce(): number;
}

/** The two programs of a run, each compiled when it is first needed. */
export function createSteps(engine: Engine, definition: StepDefinition): Steps {
  const { distillation, ...rest } = definition;
  const compiled = new Map<boolean, Promise<Executable>>();
  let imagesAtOnce = distillation?.imagesAtOnce ?? engine.imagesAtOnce;

  const compile = (distilling: boolean) => {
    const limited = distilling && distillation ? { ...distillation, imagesAtOnce } : undefined;
    const program =
      compiled.get(distilling) ?? engine.compile(trainingStep({ ...rest, distillation: limited }));
    compiled.set(distilling, program);
    return program;
  };

  /** Makes room for a smaller program; false when none can be smaller. */
  const shrink = async () => {
    const smaller = distillation && largestDivisor(distillation.images, Math.floor(imagesAtOnce / 2));
    if (!smaller) return false;
    imagesAtOnce = smaller;
    const tooLarge = compiled.get(true);
    compiled.delete(true);
    // One that could not be compiled, or was lost with the memory, has nothing to give back.
    await tooLarge?.then(executable => executable.dispose()).catch(() => {});
    return true;
  };

  const run: Steps['run'] = async (distilling, feeds, into) => {
    try {
      return await (await compile(distilling)).run(feeds, into);
    } catch (error) {
      if (!distilling || !isOutOfMemory(error) || !(await shrink())) throw error;
      return run(distilling, feeds, into);
    }
  };
  return { run, imagesAtOnce: () => imagesAtOnce };
}

const isOutOfMemory = (error: unknown) => error instanceof Failure && error.kind === 'out-of-memory';

/** The largest divisor of n that is no more than `most`; 0 when there is none. */
function largestDivisor(n: number, most: number): number {
  for (let divisor = Math.min(n, most); divisor > 0; divisor--) if (n % divisor === 0) return divisor;
  return 0;
}
