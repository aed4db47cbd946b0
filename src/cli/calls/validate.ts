import type { Options } from '../command.ts';
import { print } from '../output.ts';
import { planSpecs } from '../specs.ts';

/**
 * Checks the specs and the files they name, and says what they imply; with --verbose it names every cell.
 * Returns the exit code.
 */
export async function validate(options: Options): Promise<number> {
  const planned = await planSpecs(options);
  if (!Array.isArray(planned)) return planned;
  for (const { sweep, plan } of planned) {
    const { file, cells, seeds } = sweep;
    const size = `${counted(cells, 'cell')} x ${counted(seeds, 'seed')} = ${counted(plan.runs, 'run')}`;
    print(`${file}: valid, ${size}\n`);
    if (options.verbose) for (const { id } of cells) print(`  ${id}\n`);
  }
  return 0;
}

const counted = ({ length }: readonly unknown[], thing: string) =>
  `${length} ${thing}${length === 1 ? '' : 's'}`;
