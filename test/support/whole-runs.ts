import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job, Tell } from '../../src/contract/job.ts';
import type { RunResult } from '../../src/contract/result.ts';
import type { PhaseStage, Stage } from '../../src/contract/stage.ts';
import { openEngine } from '../../src/engine/open.ts';
import { type Assembled, assemble } from '../../src/execute/assemble.ts';
import { missingStages } from '../../src/execute/missing.ts';
import type { Engine } from '../../src/graph/program.ts';
import { checkInputs } from '../../src/inputs/inputs.ts';
import { settle } from '../../src/inputs/settle.ts';
import { type Plan, planSweep } from '../../src/plan/plan.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { executeStage } from '../../src/stages/execute.ts';
import { openWorkshop, type Workshop } from '../../src/stages/workshop.ts';
import { openStore } from '../../src/store/store.ts';
import { newFolder } from './files.ts';

/** How the stages of a plan are executed in this process. */
export interface Conditions {
  /** A folder of objects that is there already; a new one otherwise. */
  readonly store?: string;
  /** The folder of the spec. */
  readonly folder?: string;
  readonly engine?: Engine;
  readonly threads?: number;
  readonly mayMixEngines?: boolean;
  readonly tell?: Tell;
  readonly stop?: AbortSignal;
}

/** What is there when all stages are done. */
export interface Whole {
  readonly store: string;
  readonly plan: Plan;
  /** The names of the stages that were executed. */
  readonly executed: readonly string[];
  /** The runs in the order of the plan. */
  readonly runs: readonly Assembled[];
}

/** The built-in network, and a small predictor of it. */
export const small = `target: { network: resnet8, dataset: procedural, weights: embedded }
predictor: { hidden: 12, embedding: { base: 0.76, levels: 6 } }
sampler: { method: magnitude, batch: 300, uniform: 0.5 }`;

export const never = new AbortController().signal;

/** The plan of a spec, in `folder`, whose files are all there. */
export async function planOf(text: string, folder = '.'): Promise<Plan> {
  const parsed = parseSpec(text, join(folder, 'spec.yaml'));
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(({ message }) => message).join('\n'));
  const { sweep } = await settle(parsed.sweep);
  const { cells, diagnostics } = await checkInputs(sweep);
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return planSweep(sweep, cells);
}

/** The phases of a plan, in the order in which they are entered. */
export const phasesIn = ({ stages }: Plan): PhaseStage[] =>
  [...stages.values()].filter(stage => stage.kind === 'phase');

export function workshopFor(
  stages: readonly Stage[],
  store: string,
  { engine, threads = 1, mayMixEngines = false }: Conditions = {},
): Workshop {
  const order = { name: 'onnx:cpu', threads, device: 0 } as const;
  const job: Job = { stages, store, engine: order, mayMixEngines };
  return openWorkshop(job, async () => engine ?? openEngine(order));
}

/** Executes all that the store lacks for the plan's runs, one stage after the other, and assembles the runs. */
export async function execute(spec: string | Plan, conditions: Conditions = {}): Promise<Whole> {
  const { store = newFolder(), tell = () => {}, stop = never } = conditions;
  const plan = typeof spec === 'string' ? await planOf(spec, conditions.folder) : spec;
  const open = () =>
    openStore(store, (file, reason) => {
      throw new Error(`${file} was set aside: ${reason}`);
    });
  const stages = await missingStages(plan, plan.runs, await open());
  const workshop = workshopFor(stages, store, conditions);
  const executed: string[] = [];
  for (const stage of stages) {
    const isNeeded = (await missingStages(plan, plan.runs, await open())).some(
      ({ key }) => key === stage.key,
    );
    if (!isNeeded) continue;
    await executeStage(stage, workshop, tell, stop);
    executed.push(stage.name);
  }
  const opened = await open();
  const runs: Assembled[] = [];
  for (const run of plan.runs) {
    const assembled = await assemble(run, opened);
    if (assembled === undefined) throw new Error(`${run.run} lacks a stage that is said to be done`);
    runs.push(assembled);
  }
  return { store, plan, executed, runs };
}

/** The result of a plan's only run. */
export function onlyResult({ runs }: Whole): RunResult {
  if (runs.length !== 1) throw new Error(`Expected one run, got ${runs.length}`);
  return runs[0]!.result;
}

/** A result without what may differ between two runs of the same thing. */
export const determined = ({ provenance: _, ...rest }: RunResult) => rest;

/** A file of a run, as it is published into its folder. */
export const published = ({ files }: Assembled, name: string) => readFile(files.get(name)!);

/** The predictor of the first run, as it is published. */
export const predictorOf = ({ runs }: Whole) => published(runs[0]!, 'predictor.safetensors');
