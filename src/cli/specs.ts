import { Failure } from '../failure.ts';
import type { PlannedRun } from '../plan/plan.ts';
import { planSweep } from '../plan/plan.ts';
import { checkInputs } from '../run/inputs.ts';
import type { Diagnostic, Sources } from '../spec/diagnostic.ts';
import { loadSpec } from '../spec/load.ts';
import { renderDiagnostics } from '../spec/render.ts';
import type { Sweep } from '../spec/sweep.ts';
import type { Options } from './options.ts';
import { mayColour } from './screen.ts';

/** A checked spec with every run that it implies. */
export interface PlannedSweep {
  sweep: Sweep;
  plan: PlannedRun[];
}

/**
 * Reads and plans all specs of a call. When one is wrong, or a file that one names is, the diagnostics of all go to
 * stderr and the exit code is returned: 2 for a wrong spec, 3 for a wrong or missing file.
 * Throws a Failure of kind 'spec' when two have the same name, and so would share one folder in one call.
 */
export async function planSpecs(options: Options): Promise<PlannedSweep[] | 2 | 3> {
  const { set, repeats } = options;
  const loaded = options.specs.map(file =>
    loadSpec(file, { set, ...(repeats === undefined ? {} : { repeats }) }),
  );
  const wrong = loaded.flatMap(result => (result.ok ? [] : [result]));
  for (const { diagnostics, sources } of wrong) show(diagnostics, sources);
  if (wrong.length > 0) return 2;
  const sweeps = loaded.flatMap(result => (result.ok ? [result.sweep] : []));
  refuseSameNames(sweeps);
  const planned: PlannedSweep[] = [];
  for (const sweep of sweeps) {
    const { hashes, diagnostics } = await checkInputs(sweep);
    if (diagnostics.length === 0) planned.push({ sweep, plan: planSweep(sweep, hashes) });
    else show(diagnostics, sweep.sources);
  }
  return planned.length === sweeps.length ? planned : 3;
}

function show(diagnostics: Diagnostic[], sources: Sources): void {
  process.stderr.write(`${renderDiagnostics(diagnostics, sources, mayColour(process.stderr))}\n`);
}

function refuseSameNames(sweeps: readonly Sweep[]): void {
  for (const [i, { name, file }] of sweeps.entries()) {
    const other = sweeps.slice(0, i).find(sweep => sweep.name === name);
    if (other !== undefined)
      throw new Failure(
        'spec',
        `Expected specs of different names, got \`${name}\` in ${other.file} and ${file}`,
      );
  }
}
