import { Failure } from '../failure.ts';
import { checkInputs } from '../inputs/inputs.ts';
import { settle } from '../inputs/settle.ts';
import { type Plan, planSweep } from '../plan/plan.ts';
import type { Diagnostic, Sources } from '../spec/diagnostic.ts';
import { loadSpec } from '../spec/load.ts';
import { renderDiagnostics } from '../spec/render.ts';
import type { Sweep } from '../spec/sweep.ts';
import type { Options } from './command.ts';
import { mayColour } from './screen.ts';

/** A checked spec with every run that it implies. */
export interface PlannedSweep {
  sweep: Sweep;
  plan: Plan;
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
  if (wrong.length > 0) {
    show(wrong);
    return 2;
  }
  const sweeps = loaded.flatMap(result => (result.ok ? [result.sweep] : []));
  refuseSameNames(sweeps);
  const planned: PlannedSweep[] = [];
  const lacking: Wrong[] = [];
  for (const given of sweeps) {
    const { sweep, notes: settled } = await settle(given);
    const { cells, diagnostics, notes } = await checkInputs(sweep);
    if (!options.quiet) for (const note of [...settled, ...notes]) process.stderr.write(`${note}\n`);
    if (diagnostics.length === 0) planned.push({ sweep, plan: planSweep(sweep, cells) });
    else lacking.push({ diagnostics, sources: sweep.sources });
  }
  if (lacking.length === 0) return planned;
  show(lacking);
  return 3;
}

interface Wrong {
  diagnostics: Diagnostic[];
  sources: Sources;
}

/** The diagnostics of all specs; what is wrong with an option is wrong for each of them, and told once. */
function show(wrong: readonly Wrong[]): void {
  const once = new Map(
    wrong.flatMap(({ diagnostics }) => diagnostics.map(one => [JSON.stringify(one), one] as const)),
  );
  const sources = new Map(wrong.flatMap(({ sources }) => [...sources]));
  const text = renderDiagnostics([...once.values()], sources, mayColour(process.stderr));
  process.stderr.write(`${text}\n`);
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
