import { exportRun } from '../../product/export-run.ts';
import type { Options } from '../command.ts';
import { tellWritten } from '../written.ts';

/** Writes what a finished run has made. Returns the exit code. */
export async function exportProduct(options: Options): Promise<number> {
  const { subject, out, with: weights, to, device, threads } = options;
  const exported = await exportRun({ run: subject, out, weights, to, device, threads });
  const { run, sizes, convolutions } = exported;
  const share = (100 * (sizes.predictor + sizes.permutation)) / convolutions;
  tellWritten(options, exported, [
    run,
    `predictor ${sizes.predictor} bytes, permutation ${sizes.permutation} bytes: ${share.toFixed(2)} % of the convolutions; header ${sizes.header} bytes`,
  ]);
  return 0;
}
