import { Failure } from '../../failure.ts';
import { reconstructFile } from '../../product/reconstruct-file.ts';
import type { Options } from '../command.ts';
import { tellWritten } from '../written.ts';

/** Writes the network that a .nern file stands for. Returns the exit code. */
export async function reconstruct(options: Options): Promise<number> {
  const { subject: file, with: original, to, device, threads } = options;
  if (original === undefined) {
    throw new Failure(
      'spec',
      'Expected --with and the weights of the original network, got none',
      'What is not predicted is copied from there.',
    );
  }
  const { header, identical, files } = await reconstructFile({ file, original, to, device, threads });
  const { network, run, engine } = header;
  tellWritten(options, { run: run.name, identical, files }, [
    `${network} of ${run.name}`,
    identical
      ? 'the same network as exported, to the bit'
      : `predicted weights differ in their last bits from the export's: ${engine.name} rounded otherwise there`,
  ]);
  return 0;
}
