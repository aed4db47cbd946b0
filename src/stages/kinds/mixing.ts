import { Failure } from '../../failure.ts';
import type { Workshop } from '../workshop.ts';

/** What is known of a training that was begun. */
interface Begun {
  readonly iteration: number;
  /** The engines that took part, the last one last. */
  readonly engines: readonly string[];
}

/** Whether another engine began. */
export const isMixed = ({ job }: Pick<Workshop, 'job'>, saved: Begun | undefined) =>
  saved !== undefined && saved.engines.at(-1) !== job.engine.name;

/** Engines round differently: a result of two is one that no single command gives again. */
export function refuseMixing({ job }: Pick<Workshop, 'job'>, saved: Begun | undefined): void {
  if (job.mayMixEngines || !isMixed({ job }, saved)) return;
  const [begun, name] = [saved!.engines.at(-1), job.engine.name];
  throw new Failure(
    'environment',
    `Expected to go on with \`${begun}\`, which has done ${saved!.iteration} iterations of this run, got \`${name}\``,
    `With \`--device ${name}\` it goes on there, and the result names both; \`--device ${begun}\` keeps to one.`,
  );
}
