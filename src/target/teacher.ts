import type { Placed } from '../contract/placed.ts';
import { normalizationOf, renormalizationOf } from '../data/normalize.ts';
import type { Teacher } from '../nern/step/teacher.ts';
import { type LoadedNetwork, loadNetwork, type Setting } from './target.ts';

/**
 * The network that distillation learns from in the target's place, where the configuration has one. `setting` is where a spec
 * names it. Throws a Failure of kind 'checkpoint'.
 */
export async function loadTeacher(
  configuration: Placed,
  setting: Setting = 'teacher',
): Promise<(Teacher & LoadedNetwork) | undefined> {
  const { teacher, data } = configuration;
  if (teacher === 'none') return undefined;
  const loaded = await loadNetwork(teacher, configuration, setting);
  if (teacher.normalize === undefined) return loaded;
  const [given, own] = [data.normalize, teacher.normalize].map(normalizationOf);
  return { ...loaded, renormalization: renormalizationOf(given!, own!) };
}
