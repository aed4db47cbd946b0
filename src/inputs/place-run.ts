import { canonicalJson } from '../canonical-json.ts';
import { type GivenRun, type Placed, place } from '../contract/placed.ts';
import { Failure } from '../failure.ts';
import type { Configuration } from '../spec/configuration.ts';
import { type FinishedRun, findTargetRun } from '../target/finished-run.ts';
import { createLocate, type Located } from './locate.ts';

/**
 * The run that `target.from` of a configuration means, with the files of its own sweep. Throws a Failure of kind
 * 'checkpoint' when there is none, or it is of another network, or of other classes.
 */
export async function givenRun(
  from: NonNullable<Configuration['target']['from']>,
  { target }: Configuration,
): Promise<GivenRun> {
  const run = await findTargetRun(from);
  const [theirs, ours] = [run.configuration.target, target].map(({ network, dataset }) =>
    canonicalJson({ network, dataset }),
  );
  if (theirs !== ours) {
    throw new Failure(
      'checkpoint',
      `Expected ${run.name} to represent ${ours}, got ${theirs}`,
      '`target.network` and `target.dataset` are those of the sweep that the network is from.',
    );
  }
  const { placed } = await placeRun(run);
  return { directory: run.directory, key: run.result.key, configuration: placed };
}

/** A finished run's configuration, with its files where they are now, and what is to be said of those that are gone. */
export async function placeRun({
  configuration,
  specFolder,
}: Pick<FinishedRun, 'configuration' | 'specFolder'>): Promise<{
  placed: Placed;
  missing: Located['missing'];
}> {
  const { files, missing } = await createLocate(specFolder)(configuration);
  const { from } = configuration.target;
  // What that made is in the run's own folder; where it came from may be gone.
  const run = from === undefined ? undefined : await givenRun(from, configuration).catch(() => undefined);
  return { placed: place(configuration, files, run), missing };
}
