import { type EngineName, engineNames, usesCpu, usualEngine } from '../catalogue/engines.ts';
import type { DeviceAsk } from './ask.ts';
import { isEligible, type Machine, thisMachine } from './choose.ts';
import type { Finding } from './finding.ts';

/** Everything that could compute on this machine. */
export interface Examination {
  /** In the order of `engineNames`; each device of an engine is one. */
  readonly findings: readonly Finding[];
  /** What `auto` takes, the fastest that computes right on what it claims to be; undefined when not all were looked at. */
  readonly recommended: EngineName | undefined;
  /** Whether anything here can compute a sweep, software devices included. */
  readonly usable: boolean;
}

/**
 * Probes every engine, or the one that is asked for, on each of its devices, whatever earlier probes found, and keeps
 * what it finds for `auto`. `tell` is called before each probe.
 */
export async function examine(
  ask: DeviceAsk,
  tell: (engine: EngineName, index: number) => void,
  machine: Machine = thisMachine(),
): Promise<Examination> {
  const findings: Finding[] = [];
  for (const { engine, index } of await subjects(ask, machine)) {
    tell(engine, index);
    findings.push(await machine.probe(engine, index, 'everything'));
  }
  await machine.remember(findings);
  const [best] = findings
    .filter(isEligible)
    .sort((a, b) => rank(a) - rank(b) || a.stepMilliseconds! - b.stepMilliseconds!);
  return {
    findings,
    recommended: ask === 'auto' ? best?.engine : undefined,
    usable: findings.some(({ verdict }) => verdict === 'passed'),
  };
}

/** Engines that `auto` does not look at, because they were never the fastest, come last, whatever a busy machine measures. */
const rank = ({ engine }: Finding) => (usesCpu(engine) && engine !== usualEngine ? 1 : 0);

async function subjects(ask: DeviceAsk, machine: Machine) {
  if (ask !== 'auto' && ask.index !== undefined) return [{ engine: ask.engine, index: ask.index }];
  const engines = ask === 'auto' ? engineNames : [ask.engine];
  const listed = await Promise.all(
    engines.map(async engine => {
      const indices = await machine.listDevices(engine);
      // Also one that has no device is probed: it says what it misses.
      return (indices.length === 0 ? [0] : indices).map(index => ({ engine, index }));
    }),
  );
  return listed.flat();
}
