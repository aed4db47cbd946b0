import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { CellInputs, InputHashes } from '../contract/inputs.ts';
import { type Files, type GivenRun, type Placed, place } from '../contract/placed.ts';
import type { Stage } from '../contract/stage.ts';
import { Failure } from '../failure.ts';
import type { Cell } from '../spec/cell.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { Plan } from './plan.ts';
import { type PlannedRun, runKey } from './run.ts';

/** Raise it when lines are made of other parts than before: no worker goes by a plan of another version. */
const planVersion = 2;

/** What a plan is of: the first of its lines. */
export interface PlanHeader {
  readonly plan: typeof planVersion;
  readonly sweep: string;
  /** Version of the program that planned. */
  readonly tool: string;
}

/** A configuration, in place of which later lines have its number: many stages share each. */
interface ConfigurationLine {
  readonly number: number;
  readonly configuration: Configuration;
}

/** The configuration of a cell with the paths of its files, by the number of the one that it was written as. */
interface PlacedLine {
  readonly number: number;
  readonly of: number;
  readonly files: Files;
  readonly run?: GivenRun | undefined;
}

interface StageLine {
  readonly stage: Omit<Stage, 'configuration'> & {
    readonly configuration: number;
    readonly training?: number;
  };
}

interface CellLine {
  readonly cell: string;
  readonly values: Cell['values'];
  readonly configuration: number;
  /** The number of the configuration with the paths. */
  readonly placed: number;
  readonly hashes: InputHashes;
}

interface RunLine extends Omit<PlannedRun, 'cell' | 'inputs'> {
  readonly cell: string;
  /** Of its result. */
  readonly key: string;
}

/** A sweep's plan as JSON, an object a line: made and read line by line, for there may be hundreds of thousands. */
export function* planLines({ runs, stages }: Plan, sweep: string, tool: string): Generator<string> {
  const line = (value: Line) => `${JSON.stringify(value)}\n`;
  yield line({ plan: planVersion, sweep, tool });
  const numbers = new Map<Configuration, number>();
  function* numbered(configuration: Configuration): Generator<string, number> {
    const known = numbers.get(configuration);
    if (known !== undefined) return known;
    const number = numbers.size;
    numbers.set(configuration, number);
    yield line({ number, configuration });
    return number;
  }
  for (const { cell, inputs } of new Map(runs.map(run => [run.cell, run])).values()) {
    const { hashes, files, run } = inputs;
    const configuration = yield* numbered(cell.configuration);
    const placed = numbers.size;
    numbers.set(inputs.placed, placed);
    yield line({ number: placed, of: configuration, files, run });
    yield line({ cell: cell.id, values: cell.values, configuration, placed, hashes });
  }
  for (const stage of stages.values()) {
    const { configuration, ...rest } = stage;
    const number = yield* numbered(configuration);
    const training = 'training' in stage ? { training: yield* numbered(stage.training) } : {};
    yield line({ stage: { ...rest, configuration: number, ...training } as StageLine['stage'] });
  }
  for (const run of runs) {
    const { cell, inputs: _, ...rest } = run;
    yield line({ ...rest, cell: cell.id, key: runKey(run) });
  }
}

/** A plan that was frozen, with what it is of. */
export interface FrozenPlan extends Plan {
  readonly header: PlanHeader;
}

/**
 * Reads a plan back as it was made. Throws a Failure of kind 'environment' where the file is none, is damaged, or is of
 * another version.
 */
export async function readPlan(file: string): Promise<FrozenPlan> {
  const configurations: Configuration[] = [];
  const stages = new Map<string, Stage>();
  const cells = new Map<string, { cell: Cell; inputs: CellInputs }>();
  const placements = new Map<number, Pick<CellInputs, 'files' | 'run'>>();
  const runs: PlannedRun[] = [];
  let header: PlanHeader | undefined;
  for await (const line of linesOf(file)) {
    if ('plan' in line) header = line;
    else if ('of' in line) {
      const { of, files, run } = line;
      placements.set(configurations.length, { files, run });
      configurations.push(place(configurations[of]!, files, run));
    } else if ('number' in line) configurations.push(line.configuration);
    else if ('stage' in line) stages.set(line.stage.key, thawed(line.stage, configurations));
    else if ('run' in line) {
      const { cell, key: _, ...run } = line;
      runs.push({ ...run, ...cells.get(cell)! });
    } else {
      const { cell: id, values, configuration, placed, hashes } = line;
      const inputs = { hashes, ...placements.get(placed)!, placed: configurations[placed] as Placed };
      cells.set(id, { cell: { id, values, configuration: configurations[configuration]! }, inputs });
    }
  }
  return { header: header!, runs, stages };
}

function thawed(stage: StageLine['stage'], configurations: readonly Configuration[]): Stage {
  const training = stage.training === undefined ? {} : { training: configurations[stage.training]! };
  return { ...stage, configuration: configurations[stage.configuration]!, ...training } as Stage;
}

/** The keys of a plan's stages. Throws as `readPlan` does. */
export async function* keysOfPlan(file: string): AsyncGenerator<string> {
  for await (const line of linesOf(file)) if ('stage' in line) yield line.stage.key;
}

type Line = PlanHeader | ConfigurationLine | PlacedLine | StageLine | CellLine | RunLine;

async function* linesOf(file: string): AsyncGenerator<Line> {
  let isFirst = true;
  try {
    for await (const text of createInterface({ input: createReadStream(file, 'utf8') })) {
      const line = JSON.parse(text) as Line;
      if (isFirst && !('plan' in line && line.plan === planVersion))
        throw noPlan(file, 'one of another version');
      isFirst = false;
      yield line;
    }
    if (isFirst) throw noPlan(file, 'an empty file');
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw noPlan(file, code === undefined ? 'a damaged one' : `\`${code}\``);
  }
}

/** Of a plan that cannot be read nobody knows what it needs. */
const noPlan = (file: string, got: string) =>
  new Failure(
    'environment',
    `Expected ${file} to be a plan, got ${got}`,
    'Run its spec again, which plans it anew, or remove the folder of that sweep.',
  );
