import { access } from 'node:fs/promises';
import { Failure } from '../failure.ts';
import type { Configuration } from '../spec/configuration.ts';

/** Absolute paths of what a configuration reads, by the settings that name them; `data.root` is always known. */
export type Files = Readonly<Record<string, string>> & { readonly 'data.root': string };

/** A finished run of another sweep. */
export interface GivenRun {
  /** Its folder, absolute. */
  readonly directory: string;
  /** That of its result. */
  readonly key: string;
  readonly configuration: Placed;
}

/** A configuration in which every path is absolute: whoever has it needs neither a working directory nor an environment. */
export type Placed = Configuration & {
  readonly data: { readonly root: string };
  /** The run that `target.from` means. */
  readonly run?: GivenRun;
};

/** A configuration with these paths in place of those that it was written with. */
export function place(configuration: Configuration, files: Files, run: GivenRun | undefined): Placed {
  const { 'data.root': root, ...named } = files;
  let placed: Placed = {
    ...configuration,
    data: { ...configuration.data, root },
    ...(run === undefined ? {} : { run }),
  };
  for (const [setting, path] of Object.entries(named)) placed = replaced(placed, setting.split('.'), path);
  return placed;
}

/** The settings of a phase of a configuration, which reads what that reads. */
export const placedAs = ({ data: { root }, run }: Placed, training: Configuration): Placed => ({
  ...training,
  data: { ...training.data, root },
  ...(run === undefined ? {} : { run }),
});

/** What stands at a path of keys and indices; undefined where nothing does. */
export const settingAt = (data: unknown, keys: readonly string[]): unknown =>
  keys.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined,
    data,
  );

/** A copy with another text in place of the one at a path of keys and indices; the same where there is no text. */
function replaced<Data>(data: Data, keys: readonly string[], text: string): Data {
  const [key, ...rest] = keys;
  if (key === undefined) return (typeof data === 'string' ? text : data) as Data;
  const inner = settingAt(data, [key]);
  if (inner === undefined) return data;
  const value = replaced(inner, rest, text);
  return (Array.isArray(data) ? data.with(Number(key), value) : { ...data, [key]: value }) as Data;
}

/** The path of a setting, at which something is. Throws a Failure of kind 'checkpoint'. */
export async function present(path: string, setting: string): Promise<string> {
  if (await exists(path)) return path;
  throw noFile(setting, [path]);
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** `details.path` is the first of the places where the file might have been. */
export const noFile = (setting: string, candidates: readonly string[]): Failure =>
  new Failure(
    'checkpoint',
    `Expected \`${setting}\` to be a file, found none at ${candidates.join(' or ')}`,
    'Give an absolute path, one relative to the spec, or one inside the folder that NERN_SWEEP_DATA names.',
    { path: candidates[0] },
  );
