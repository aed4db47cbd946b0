import { join } from 'node:path';
import { execa } from 'execa';
import ort from 'onnxruntime-node';
import type { StepCase, SweepCase } from './cases.ts';

/** A process to be measured. */
export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
}

export interface Peer {
  /** Heads its columns. */
  readonly name: string;
  readonly version: string;
  /** Prints a line of JSON with `median`, in milliseconds, and `peakMegabytes`. */
  step(what: StepCase): Command;
  /** Which processes, one after another, are the sweep; files that they leave go to the folder. */
  sweep(what: SweepCase, folder: string): Promise<Command[]>;
}

/** What all peers share. */
export interface Setting {
  readonly threads: number;
  /** The checkpoint of the target. */
  readonly weights: string;
}

export const seeds = [0, 1, 2, 3];

/** This program: steps from the sources, sweeps as its users start them, with `jobs` runs at a time. */
export function ourselves(name: string, jobs: number, { threads, weights }: Setting): Peer {
  const parallel = ['--jobs', `${jobs}`, '--threads', `${Math.max(1, Math.floor(threads / jobs))}`];
  return {
    name,
    version: `Node ${process.version}, ONNX Runtime ${ort.env.versions.node}`,
    step: what => ({
      file: process.execPath,
      arguments: [
        ...['--import', 'tsx', 'bench/step.ts', what.mode, '--root', what.root],
        ...stepOptions(what, what.images, threads, weights),
      ],
    }),
    sweep: async ({ images, iterations, warmup, evaluateEvery }, folder) => {
      const settings = { batch: images, iterations, warmup, evaluateEvery, repeats: seeds.length };
      const set = Object.entries(settings).flatMap(([path, value]) => ['--set', `${path}=${value}`]);
      const spec = ['bench/sweep.yaml', '--out', folder, '--quiet', ...parallel, ...set];
      return [{ file: process.execPath, arguments: ['dist/cli/main.js', ...spec] }];
    },
  };
}

/** Plain PyTorch, if `python` has it. */
export async function plainTorch(python: string, { threads, weights }: Setting): Promise<Peer | undefined> {
  const version = await versionOfTorch(python, []);
  if (version === undefined) return undefined;
  return {
    name: 'PyTorch',
    version,
    step: what => ({
      file: python,
      arguments: [
        ...['bench/peers/torch_step.py', what.mode, '--root', what.root],
        ...stepOptions(what, what.images, threads, weights),
      ],
    }),
    sweep: async what =>
      seeds.map(seed => ({
        file: python,
        arguments: ['bench/peers/torch_run.py', ...runOptions(what, what.images, seed, threads, weights)],
      })),
  };
}

/**
 * The authors' program, from a clone of their repository (maorash/NeRN), if `python` has what it imports. Every sweep
 * gets a fresh copy of it, because it keeps what it computed once beside its sources; steps share the copy in `folder`.
 */
export async function official(
  python: string,
  clone: string,
  folder: string,
  { threads, weights }: Setting,
): Promise<Peer | undefined> {
  const version = await versionOfTorch(python, ['torchvision', 'einops', 'pyrallis', 'tqdm']);
  if (version === undefined) return undefined;
  await copyProgram(clone, folder);
  const program = 'bench/peers/official.py';
  return {
    name: "authors' program",
    version: `on PyTorch ${version}`,
    step: what => ({
      file: python,
      arguments: [
        ...[program, 'step', folder, what.mode],
        ...stepOptions(what, what.officialImages, threads, weights),
      ],
    }),
    sweep: async (what, ownFolder) => {
      await copyProgram(clone, ownFolder);
      return seeds.map(seed => ({
        file: python,
        arguments: [
          ...[program, 'run', ownFolder],
          ...runOptions(what, what.officialImages, seed, threads, weights),
        ],
      }));
    },
  };
}

function stepOptions({ repeats }: StepCase, images: number, threads: number, weights: string): string[] {
  return options({ images, repeats, threads, weights });
}

function runOptions(
  { iterations, warmup, evaluateEvery }: SweepCase,
  images: number,
  seed: number,
  threads: number,
  weights: string,
): string[] {
  const lengths = { iterations, 'warmup-iterations': warmup, 'evaluate-every': evaluateEvery };
  return options({ images, seed, threads, weights, ...lengths });
}

const options = (values: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, `${value}`]);

async function versionOfTorch(python: string, others: readonly string[]): Promise<string | undefined> {
  const script = `import ${['torch', ...others].join(', ')}; print(torch.__version__)`;
  const { exitCode, stdout } = await execa(python, ['-c', script], { reject: false });
  return exitCode === 0 ? stdout.trim() : undefined;
}

/** Works from a bare clone too. */
async function copyProgram(clone: string, folder: string): Promise<void> {
  const archive = join(folder, 'program.tar');
  await execa('git', ['-C', clone, 'archive', '--output', archive, 'HEAD', 'NeRN']);
  await execa('tar', ['-xf', archive, '-C', folder]);
}
