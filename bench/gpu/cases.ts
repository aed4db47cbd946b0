/** Something that training does, and how large: the unit of every measurement here. */
export interface Case {
  /** A step with the reconstruction loss alone, one with all losses, or the target's inference. */
  readonly work: 'reconstruction' | 'full' | 'inference';
  /** Layers of the CIFAR ResNet (shortcut A). */
  readonly depth: number;
  /** In a step or in one inference; the reconstruction loss needs none. */
  readonly images: number;
}

/** As a table calls it. */
export function caseName({ work, depth, images }: Case): string {
  if (work === 'reconstruction') return `ResNet${depth}, reconstruction-only step`;
  return work === 'full'
    ? `ResNet${depth}, full step, ${images} images`
    : `ResNet${depth}, inference, ${images} images`;
}

/** As a command's arguments; `readCase` is the inverse. */
export const caseArguments = ({ work, depth, images }: Case): string[] => [work, `${depth}`, `${images}`];

/** The case that `caseArguments` wrote. */
export function readCase([work, depth, images]: readonly string[]): Case {
  if (work !== 'reconstruction' && work !== 'full' && work !== 'inference')
    throw new Error(`Expected the work to be reconstruction, full or inference, got \`${work}\``);
  return { work, depth: Number(depth), images: Number(images) };
}
