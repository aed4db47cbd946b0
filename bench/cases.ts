/** One thing that training does, measured in a process of its own. */
export interface StepCase {
  readonly name: string;
  readonly mode: 'recon' | 'full' | 'eval';
  readonly images: number;
  readonly repeats: number;
  /** Over which kernels the root in the reconstruction loss is taken where that loss acts alone. */
  readonly root: 'sampled' | 'exact';
  /** Images of the authors' program, whose step takes them through both networks whatever the losses. */
  readonly officialImages: number;
}

/** A sweep over four seeds of one configuration. */
export interface SweepCase {
  readonly name: string;
  readonly images: number;
  readonly officialImages: number;
  readonly iterations: number;
  /** So many of them, at the start, without distillation. */
  readonly warmup: number;
  readonly evaluateEvery: number;
}

const recon = { mode: 'recon', images: 256, root: 'sampled', repeats: 40 } as const;
const full = { mode: 'full', root: 'sampled', repeats: 7 } as const;
const evaluation = { mode: 'eval', root: 'sampled', repeats: 15 } as const;

/** The lines of the table of steps; (1) and (2) are explained below it. */
export const steps: StepCase[] = [
  { name: 'reconstruction-only step (1)', ...recon, officialImages: 256, repeats: 10 },
  { name: 'reconstruction-only step (2)', ...recon, officialImages: 1 },
  { name: 'reconstruction-only step, exact root (2)', ...recon, root: 'exact', officialImages: 1 },
  { name: 'full step, 32 images', ...full, images: 32, officialImages: 32, repeats: 15 },
  { name: 'full step, 256 images', ...full, images: 256, officialImages: 256 },
  { name: 'evaluation, 128 images', ...evaluation, images: 128, officialImages: 128, repeats: 25 },
  { name: 'evaluation, 256 images', ...evaluation, images: 256, officialImages: 256 },
];

const distilled = { iterations: 12, warmup: 0, evaluateEvery: 6 };
const reconstructed = { iterations: 150, warmup: 150, evaluateEvery: 75 };

/** Short, so that the bench ends: what comes before the first step weighs more in them than in a real sweep. */
export const sweeps: SweepCase[] = [
  { name: '12 full steps, 256 images', ...distilled, images: 256, officialImages: 256 },
  { name: '150 reconstruction-only steps (2)', ...reconstructed, images: 256, officialImages: 1 },
];
