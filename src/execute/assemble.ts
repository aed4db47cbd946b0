import { join } from 'node:path';
import type {
  EvaluationRecord,
  Metric,
  OriginalRecord,
  OriginalResult,
  PermutationRecord,
  PhaseRecord,
  PhaseResult,
  RoundResult,
  RunResult,
  SelectionRecord,
  StageProvenance,
} from '../contract/result.ts';
import { objectFolder, type StoredObject } from '../files/object.ts';
import { type PlannedRun, type Round, runKey } from '../plan/run.ts';
import type { Store } from '../store/store.ts';
import { permutationFile } from '../target/permutation-file.ts';
import { predictorFile } from '../target/predictor-file.ts';
import { networkFile, targetFile } from '../target/target.ts';

/** A run's result out of the objects of its stages, and the files of them that belong into its folder. */
export interface Assembled {
  readonly result: RunResult;
  /** Name in the run's folder -> path. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Puts a run together when all its stages are done. With progressive rounds its metrics are those of the last round that
 * was better than the one before (of the first, when none was; of the last one, when there is no stop rule).
 * Undefined when an object is missing.
 */
export async function assemble(run: PlannedRun, store: Store): Promise<Assembled | undefined> {
  const objects = new Map<string, StoredObject>();
  for (const key of await keysOf(run, store)) {
    const object = await store.read(key);
    if (object === undefined) return undefined;
    objects.set(key, object);
  }
  const at = <Record>(key: string) => objects.get(key)!.record as Record;
  const { seed, cell } = run;
  const { configuration } = cell;
  const done = run.rounds.filter(({ phases }) => phases.every(({ key }) => objects.has(key)));
  const phases = done.flatMap((round, i) =>
    round.phases.map(({ name, key }): PhaseResult => {
      const { seed, iterations, history, evaluations, skippedSteps } = at<PhaseRecord>(key);
      const label = run.rounds.length > 1 ? `round-${i + 1} ${name}` : name;
      const skipped = skippedSteps === undefined ? {} : { skippedSteps };
      return { name: label, key, seed, iterations, history, evaluations, ...skipped };
    }),
  );
  const metricsOf = (round: Round) => ({
    ...metricsByMeasure(round.evaluations, at),
    ...bestAccuracy(round, at, run.trackedOn),
  });
  const rounds =
    run.rounds.length <= 1
      ? []
      : done.map((round, i): RoundResult => {
          const { seed: best, gain } = at<SelectionRecord>(round.selection!);
          return { round: i + 1, metrics: metricsOf(round), best, gain };
        });
  const final = configuration.progressive.stopWhenNoGain
    ? Math.max(0, rounds.filter(({ gain }) => gain).length - 1)
    : done.length - 1;
  const last = done[final];
  const original = run.trained === undefined ? undefined : originalOf(run.trained, objects);
  // It may be gone: nothing that is complete needs it any more.
  const permutation = last?.permutation === undefined ? undefined : await store.read(last.permutation);
  const result: RunResult = {
    schemaVersion: 2,
    key: runKey(run),
    cell: cell.id,
    seed,
    configuration,
    metrics: last
      ? { ...metricsOf(last), ...partial(done, at, rounds), ...(original && ofTarget(run, original, at)) }
      : metricsByMeasure(run.original, at),
    ...sizesOf(last, run, at),
    ...(permutation && { permutation: permutation.record as PermutationRecord }),
    target: Object.fromEntries(
      Object.entries(run.original).map(([measure, key]) => [measure, at<EvaluationRecord>(key).value!]),
    ),
    ...chanceOf(run, at),
    ...(original && { original }),
    phases,
    rounds,
    provenance: last
      ? done.flatMap(({ phases }) => phases.map(({ key }) => objects.get(key)!.provenance as StageProvenance))
      : original
        ? [original.provenance]
        : [],
  };
  const files = last ? filesOf(last, objects, store) : new Map<string, string>();
  if (permutation)
    files.set(permutationFile, join(objectFolder(store.folder, last!.permutation!), permutationFile));
  const network = last ? last.target : run.trained;
  if (network !== undefined) files.set(targetFile, join(objectFolder(store.folder, network), networkFile));
  return { result, files };
}

/** The stages that the run reports, up to the round that ended the rounds. */
async function keysOf({ rounds, original, trained, cell }: PlannedRun, store: Store): Promise<string[]> {
  const keys = [...Object.values(original), ...(trained === undefined ? [] : [trained])];
  for (const { phases, evaluations, selection } of rounds) {
    keys.push(...phases.map(({ key }) => key), ...Object.values(evaluations));
    if (selection === undefined) continue;
    keys.push(selection);
    const record = (await store.read(selection))?.record as SelectionRecord | undefined;
    if (cell.configuration.progressive.stopWhenNoGain && record?.gain === false) break;
  }
  return keys;
}

type At = <Record>(key: string) => Record;

function chanceOf({ original: { accuracy } }: PlannedRun, at: At): Pick<RunResult, 'chance'> {
  const chance = accuracy === undefined ? undefined : at<EvaluationRecord>(accuracy).chance;
  return chance === undefined ? {} : { chance };
}

function originalOf(key: string, objects: ReadonlyMap<string, StoredObject>): OriginalResult {
  const { record, provenance } = objects.get(key)!;
  const { learnableParameters: _, ...rest } = record as OriginalRecord;
  return { key, ...rest, provenance: provenance as StageProvenance };
}

/** What is told of a target that was trained: seeds may have one each. */
function ofTarget({ original }: PlannedRun, { smoothness }: OriginalResult, at: At): Record<string, Metric> {
  const { accuracy } = metricsByMeasure(original, at);
  return {
    ...(accuracy && { 'target-accuracy': accuracy }),
    'target-smoothness': { unit: '', value: smoothness.after },
  };
}

/** How large the predictor is, and what it stands for: nothing, where the target itself is what is measured. */
function sizesOf(
  last: Round | undefined,
  { original }: PlannedRun,
  at: At,
): Pick<RunResult, 'predictorParameters' | 'learnableParameters' | 'compressionRatio'> {
  if (last === undefined) {
    const learnableParameters = at<EvaluationRecord>(Object.values(original)[0]!).learnableParameters!;
    return { predictorParameters: 0, learnableParameters, compressionRatio: 1 };
  }
  const { predictorParameters, learnableParameters } = at<PhaseRecord>(last.phases.at(-1)!.key);
  return {
    predictorParameters,
    learnableParameters,
    compressionRatio: predictorParameters / learnableParameters,
  };
}

function metricsByMeasure(evaluations: Round['evaluations'], at: At): Record<string, Metric> {
  const metrics: Record<string, Metric> = {};
  for (const [measure, key] of Object.entries(evaluations)) {
    const { unit, settings, value } = at<EvaluationRecord>(key);
    if (value !== undefined) metrics[measure] = { unit: unit!, value, ...(settings && { settings }) };
  }
  return metrics;
}

/** The best accuracy on the way, over all evaluations of the last phase (the papers' test-set selection). */
function bestAccuracy({ phases }: Round, at: At, trackedOn: string): Record<string, Metric> {
  const { evaluations, evaluatedOn } = at<PhaseRecord>(phases.at(-1)!.key);
  const values = evaluations.flatMap(({ metrics }) => metrics.accuracy ?? []);
  if (values.length === 0 || evaluatedOn !== trackedOn) return {};
  return { 'best-accuracy': { unit: '%', value: Math.max(...values) } };
}

/** What came before the end: each measure after earlier phases, and after each of several rounds. */
function partial(done: readonly Round[], at: At, rounds: readonly RoundResult[]): Record<string, Metric> {
  const metrics: Record<string, Metric> = {};
  if (rounds.length > 0) metrics.rounds = { unit: '', value: rounds.length };
  for (const { round, metrics: ofRound } of rounds)
    for (const [name, metric] of Object.entries(ofRound)) metrics[`${name}.round-${round}`] = metric;
  if (rounds.length > 0) return metrics;
  const measured = metricsByMeasure(done[0]!.evaluations, at);
  for (const { name, key } of done[0]!.phases.slice(0, -1)) {
    const last = at<PhaseRecord>(key).evaluations.at(-1);
    for (const [measure, value] of Object.entries(last?.metrics ?? {})) {
      const { unit } = measured[measure] ?? {};
      if (unit !== undefined && value !== null) metrics[`${measure}.${name}`] = { unit, value };
    }
  }
  return metrics;
}

function filesOf(
  { phases, evaluations }: Round,
  objects: ReadonlyMap<string, StoredObject>,
  { folder }: Store,
): Map<string, string> {
  const files = new Map([[predictorFile, join(objectFolder(folder, phases.at(-1)!.key), predictorFile)]]);
  for (const key of Object.values(evaluations)) {
    for (const name of Object.keys(objects.get(key)!.files))
      files.set(join('measures', name), join(objectFolder(folder, key), name));
  }
  return files;
}
