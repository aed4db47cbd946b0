import { readFileSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { hashOf } from '../canonical-json.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { cacheFolder } from '../files/cache-folder.ts';
import type { Drivers } from './candidates.ts';
import type { Finding } from './finding.ts';

/**
 * After so many days an engine is probed anew: not all that can change shows in the fingerprint, and what crashed or
 * hung may have done so because the machine was busy.
 */
const keptDays = ({ verdict }: Finding) => (verdict === 'broken' ? 1 : 7);

/** Raise it when findings mean something else than before. */
const formatVersion = 2;

/** A finding with the time it was made, in milliseconds since 1970. */
type Dated = Finding & { readonly at: number };

/** What is remembered of this machine's engines, and where it lies. */
export interface Verdicts {
  readonly findings: readonly Finding[];
  /** Writes these findings in place of older ones of the same engine and device. */
  remember(findings: readonly Finding[]): Promise<void>;
}

/**
 * The verdicts of earlier probes of this machine with the same drivers, libraries and Node; none when something of these
 * has changed. They lie in the user's cache folder, a file for each state of each machine, since a home may be shared.
 */
export function readVerdicts(drivers: Drivers): Verdicts {
  const file = join(cacheFolder(), `devices-${fingerprint(drivers)}.json`);
  const findings = read(file).map(({ at: _, ...finding }) => finding);
  return {
    findings,
    async remember(fresh) {
      const others = read(file).filter(old => !fresh.some(({ engine, index }) => isOf(old, engine, index)));
      const at = Date.now();
      // What cannot be remembered is found out again; a sweep need not fail for that.
      await writeJsonAtomic(file, { findings: [...others, ...fresh.map(one => ({ ...one, at }))] }).catch(
        () => {},
      );
    },
  };
}

/** Forgets what is known of this machine's engines, after an engine was installed. */
export async function forgetVerdicts(): Promise<void> {
  const names = await readdir(cacheFolder()).catch(() => []);
  const verdicts = names.filter(name => /^devices-.*\.json$/.test(name));
  await Promise.all(verdicts.map(name => rm(join(cacheFolder(), name), { force: true })));
}

export const isOf = (finding: Finding, engine: string, index: number) =>
  finding.engine === engine && finding.index === index;

function read(file: string): Dated[] {
  try {
    const { findings } = JSON.parse(readFileSync(file, 'utf8')) as { findings: Dated[] };
    return findings.filter(one => Date.now() - one.at < keptDays(one) * 24 * 3600 * 1000);
  } catch {
    return [];
  }
}

const packages = [
  'onnxruntime-node',
  'webgpu',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-webgpu',
  '@tensorflow/tfjs-node-gpu',
];

function fingerprint({ nvidia, graphics }: Drivers): string {
  const { CUDA_VISIBLE_DEVICES, VK_DRIVER_FILES, VK_ICD_FILENAMES, LD_LIBRARY_PATH, NERN_SWEEP_ENGINES } =
    process.env;
  return hashOf({
    formatVersion,
    host: hostname(),
    cpu: cpus()[0]?.model,
    node: process.version,
    packages: Object.fromEntries(packages.map(name => [name, packageState(name)])),
    nvidia,
    graphics: graphics.map(name => [name, statSync(name, { throwIfNoEntry: false })?.mtimeMs]),
    environment: {
      CUDA_VISIBLE_DEVICES,
      VK_DRIVER_FILES,
      VK_ICD_FILENAMES,
      LD_LIBRARY_PATH,
      NERN_SWEEP_ENGINES,
    },
  }).slice(0, 16);
}

/** The version of a package, and when a library was last put beside its binding. */
function packageState(name: string): unknown {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    const bindings = join(dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch);
    return { version, bindings: statSync(bindings, { throwIfNoEntry: false })?.mtimeMs };
  } catch {
    return undefined;
  }
}
