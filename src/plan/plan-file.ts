import { createHash } from 'node:crypto';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceAtomic, writeLinesAtomic } from '../files/atomic.ts';
import { planLines } from './frozen-plan.ts';
import type { Plan } from './plan.ts';

/** The frozen plan of a sweep's last command, in its folder. */
export const planFile = 'plan.jsonl';

/** The plans of all its commands that differ, by their content. */
const plansFolder = 'plans';

/**
 * Freezes the plan of a command: under its own name, beside those of earlier commands, and as the last one. Throws a
 * Failure of kind 'environment' when it cannot be written.
 */
export async function writePlan(folder: string, plan: Plan, sweep: string, tool: string): Promise<void> {
  const sum = createHash('sha256');
  for (const line of planLines(plan, sweep, tool)) sum.update(line);
  const file = join(folder, plansFolder, `${sum.digest('hex').slice(0, 16)}.jsonl`);
  await writeLinesAtomic(file, planLines(plan, sweep, tool));
  await replaceAtomic(join(folder, planFile), temporary => copyFile(file, temporary));
}

/** The files of all plans that are kept of a sweep; none of a folder that holds no sweep. */
export async function plansOf(folder: string): Promise<string[]> {
  const kept = await readdir(join(folder, plansFolder)).catch(() => []);
  const last = await readdir(folder).catch(() => []);
  return [
    ...last.filter(name => name === planFile),
    ...kept.filter(name => name.endsWith('.jsonl')).map(name => join(plansFolder, name)),
  ].map(name => join(folder, name));
}
