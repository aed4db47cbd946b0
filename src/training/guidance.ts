import { isOutOfMemory } from '../failure.ts';
import type { Engine, Executable } from '../graph/program.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { guidanceProgram, type Teacher } from '../nern/step/teacher.ts';

/**
 * Gives a batch of images [batch, 3, h, w], that of a step of distillation, the logits [batch, classes] of the network
 * that is learned from. Steps count from 0.
 */
export type Guide = (images: Tensor, step: number) => Promise<Tensor>;

/** A guide that computes, and how many images it takes through the network together. */
export type ComputingGuide = Guide & { imagesAtOnce(): number };

/**
 * A guide that computes, for batches of so many images. It takes them through the network as many at a time as the
 * engine likes, and half as many when memory runs out. Compiled when it is first needed.
 */
export function createGuide(engine: Engine, teacher: Teacher, images: number): ComputingGuide {
  const { classes, input } = teacher.network;
  let count = Math.min(engine.imagesAtOnce, images);
  let program: Promise<Executable> | undefined;

  const compute = async (data: Float32Array): Promise<Tensor> => {
    program ??= engine.compile(guidanceProgram(teacher, count));
    const executable = await program;
    const logits = new Float32Array(images * classes);
    const part = { shape: [count, ...input], data: new Float32Array(count * sizeOf(input)) };
    for (let from = 0; from < images; from += count) {
      // What fills the last part up is left of the one before, and not used.
      part.data.set(data.subarray(from * sizeOf(input), (from + count) * sizeOf(input)));
      const given = await executable.run({ images: part });
      logits.set(given.logits!.data.subarray(0, Math.min(count, images - from) * classes), from * classes);
    }
    return { shape: [images, classes], data: logits };
  };

  const guide: Guide = async (batch, step) => {
    try {
      return await compute(batch.data);
    } catch (error) {
      if (!isOutOfMemory(error) || count === 1) throw error;
      count = Math.floor(count / 2);
      const tooLarge = program;
      program = undefined;
      // One that could not be compiled, or was lost with the memory, has nothing to give back.
      await tooLarge?.then(executable => executable.dispose()).catch(() => {});
      return guide(batch, step);
    }
  };
  return Object.assign(guide, { imagesAtOnce: () => count });
}
