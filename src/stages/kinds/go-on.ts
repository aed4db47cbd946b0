import type { Tell } from '../../contract/job.ts';
import { Failure } from '../../failure.ts';
import type { Engine } from '../../graph/program.ts';
import type { Kept, Position } from '../../training/resumable.ts';
import type { Workshop } from '../workshop.ts';

/** What is known of a stage that was begun. */
type Begun = Position & Pick<Kept<unknown>, 'engines'>;

/**
 * The engine that begins the stage called `name`, or goes on with it. Engines round differently: a result of two is one
 * that no single command gives again, so that another one than before goes on only where the job allows it, and tells.
 * Throws a Failure of kind 'environment'.
 */
export async function engineFor(
  name: string,
  saved: Begun | undefined,
  { job, engine }: Pick<Workshop, 'job' | 'engine'>,
  tell: Tell,
): Promise<Engine> {
  const begun = saved?.engines.at(-1);
  if (saved === undefined || begun === job.engine.name) return engine();
  if (!job.mayMixEngines)
    throw new Failure(
      'environment',
      `Expected to go on with \`${begun}\`, which has done ${saved.iteration} iterations of this run, got \`${job.engine.name}\``,
      `With \`--device ${job.engine.name}\` it goes on there, and the result names both; \`--device ${begun}\` keeps to one.`,
    );
  const opened = await engine();
  tell({ type: 'stage-mixed', stage: name, engines: [...saved.engines, opened.name] });
  return opened;
}
