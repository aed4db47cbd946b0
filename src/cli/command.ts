import type { DatasetName } from '../catalogue/archives.ts';
import type { DeviceAsk } from '../devices/ask.ts';
import { deviceNames } from '../devices/ask.ts';

interface OptionRecord {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  readonly default?: string | boolean | string[];
  /** What its value is called. */
  readonly value?: string;
  readonly help: string;
}

/** Every option of the command line, in the order of the help; which command takes which is in the command's definition. */
export const optionRecords = {
  out: { type: 'string', default: 'runs', value: 'FOLDER', help: 'where results go (default: runs)' },
  set: {
    ...{ type: 'string', multiple: true, default: [] as string[], value: 'PATH=VALUE' },
    help: 'override a value of the spec, e.g. --set iterations=1000; repeatable',
  },
  repeats: { type: 'string', value: 'N', help: "seeds 0 to N-1 instead of the spec's" },
  jobs: {
    ...{ type: 'string', short: 'j', value: 'N' },
    help: 'stages at a time (default: as many as there are cores, or GPUs where those compute)',
  },
  threads: { type: 'string', value: 'N', help: 'threads of each stage (default: its share of the cores)' },
  device: {
    ...{ type: 'string', value: 'NAME' },
    help: `what computes: auto (default: the fastest that proves right), cpu, webgpu, cuda, or one of ${deviceNames.filter(name => name.includes(':')).join(' ')}; cuda:1 is the second device of several`,
  },
  only: {
    ...{ type: 'string', value: 'PATTERN' },
    help: 'execute only the runs whose name matches: a glob, or a part of the name',
  },
  with: {
    ...{ type: 'string', value: 'FILE' },
    help: "the original's weights, of which a reconstructed network keeps all but the convolutions",
  },
  to: { type: 'string', value: 'FOLDER', help: 'where an exported or reconstructed network goes' },
  from: { type: 'string', value: 'SOURCE', help: 'what is there already, to be taken instead of fetched' },
  headers: { type: 'string', value: 'SOURCE', help: 'where C headers come from if --from has none' },
  explain: {
    ...{ type: 'string', value: 'RUN' },
    help: 'each stage of one run, and which changes since the last call make it run again',
  },
  calibrate: {
    ...{ type: 'boolean', default: false },
    help: 'time the steps of every kind of phase first, a few seconds each',
  },
  delete: { type: 'boolean', default: false, help: 'remove; without it nothing is touched' },
  json: {
    ...{ type: 'boolean', default: false },
    help: 'print the results as JSON on stdout, one line for each spec, and nothing else there',
  },
  quiet: {
    ...{ type: 'boolean', short: 'q', default: false },
    help: 'no progress and no tables, only failures',
  },
  verbose: {
    ...{ type: 'boolean', short: 'v', default: false },
    help: 'also evaluations on the way and what was complete before',
  },
  help: { type: 'boolean', short: 'h', default: false, help: 'this text; behind a command, what that takes' },
  version: { type: 'boolean', default: false, help: 'the version' },
} as const satisfies Record<string, OptionRecord>;

export type OptionName = keyof typeof optionRecords;

export const optionNames = Object.keys(optionRecords) as OptionName[];

/** An option as it is written: `--jobs N`. */
export function written(name: OptionName): string {
  const { value }: OptionRecord = optionRecords[name];
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

/** These are no matter of any one command. */
export const everywhere: readonly OptionName[] = ['help', 'version'];

export const setups = ['tensorflow', 'cuda'] as const;

/** What is there already, to be taken instead of fetched; and of `setup tensorflow`, where C headers are. */
export interface Sources {
  from: string | undefined;
  headers: string | undefined;
}

/** What a command makes of the words behind its name. */
export interface Words {
  /** Of what runs, plans or checks: the specs. */
  specs: string[];
  /** Of `export`: the run; of `reconstruct`: the .nern file. */
  subject: string;
  /** Of `setup`: what is to be set up, and what it is taken from. */
  setup: ({ what: (typeof setups)[number] } & Sources) | undefined;
  /** Of `data`: which data set, and where it is taken from. */
  data: { name: DatasetName; from: string | undefined } | undefined;
}

/** The command line, checked; an option that a command does not take has its default there. */
export interface Options extends Words {
  /** Of `export` and `reconstruct`: the original's weights, and the folder that is written to. */
  with: string | undefined;
  to: string | undefined;
  out: string;
  set: string[];
  repeats: number | undefined;
  jobs: number | undefined;
  threads: number | undefined;
  device: DeviceAsk | undefined;
  only: string | undefined;
  /** Of `plan`: the run whose stages are explained, and whether all steps are timed. */
  explain: string | undefined;
  calibrate: boolean;
  /** Of `gc`: whether what nothing needs is really removed. */
  delete: boolean;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
}

/** A command: everything that the command line, the help and docs/cli.md know of it. */
export interface Command<Name extends string = string> {
  /** The word that calls it; `run` is called by a spec alone. */
  readonly name: Name;
  /** Each way to write it, behind `nern-sweep`, with what it does. */
  readonly usage: readonly (readonly [words: string, meaning: string])[];
  /** What its own help adds. */
  readonly about: string;
  readonly options: readonly OptionName[];
  /** Throws a Failure of kind 'spec' where the words behind its name are not its own. */
  readonly words: (words: readonly string[], sources: Sources) => Partial<Words>;
  /** Returns the exit code. What it needs is loaded only now: the help answers at once. */
  readonly call: (options: Options) => Promise<number>;
}

export const seeHelp = 'nern-sweep --help shows how to call it.';
