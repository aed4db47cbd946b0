import { execa } from 'execa';

/**
 * The libraries that a library asks for and the system's loader does not find, also with `folders` to look in. None
 * where the system has no `ldd` to ask.
 */
export async function missingLibraries(library: string, folders: readonly string[]): Promise<string[]> {
  const path = [...folders, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const { stdout } = await execa('ldd', [library], { reject: false, env: { LD_LIBRARY_PATH: path } });
  return parseLdd(stdout ?? '');
}

/** The names that `ldd` prints as not found. */
export const parseLdd = (output: string): string[] =>
  [...output.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name!);
