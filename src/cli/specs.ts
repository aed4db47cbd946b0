import { Failure } from '../failure.ts';
import { loadSpec } from '../spec/load.ts';
import { renderDiagnostics } from '../spec/render.ts';
import type { Sweep } from '../spec/sweep.ts';
import type { Options } from './options.ts';
import { mayColour } from './screen.ts';

/**
 * Reads all specs of a call. When one is wrong, the diagnostics of all go to stderr and the result is undefined.
 * Throws a Failure of kind 'spec' when two have the same name, and so would share one folder in one call.
 */
export function loadSpecs(options: Options): Sweep[] | undefined {
  const { set, repeats } = options;
  const loaded = options.specs.map(file =>
    loadSpec(file, { set, ...(repeats === undefined ? {} : { repeats }) }),
  );
  const wrong = loaded.flatMap(result => (result.ok ? [] : [result]));
  for (const { diagnostics, sources } of wrong)
    process.stderr.write(renderDiagnostics(diagnostics, sources, mayColour(process.stderr)));
  if (wrong.length > 0) return undefined;
  const sweeps = loaded.flatMap(result => (result.ok ? [result.sweep] : []));
  for (const [i, { name, file }] of sweeps.entries()) {
    const other = sweeps.slice(0, i).find(sweep => sweep.name === name);
    if (other !== undefined)
      throw new Failure(
        'spec',
        `Expected specs of different names, got \`${name}\` in ${other.file} and ${file}`,
      );
  }
  return sweeps;
}
