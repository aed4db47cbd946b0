import type { Options } from './options.ts';
import { loadSpecs } from './specs.ts';

/** Checks the specs and says what they imply; with --verbose it names every cell. Returns the exit code. */
export function validate(options: Options): number {
  const sweeps = loadSpecs(options);
  if (sweeps === undefined) return 2;
  for (const { file, cells, seeds } of sweeps) {
    const runs = cells.length * seeds.length;
    process.stdout.write(`${file}: valid, ${cells.length} cells x ${seeds.length} seeds = ${runs} runs\n`);
    if (options.verbose) for (const { id } of cells) process.stdout.write(`  ${id}\n`);
  }
  return 0;
}
