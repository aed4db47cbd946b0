import { availableParallelism } from 'node:os';
import { type EngineName, usualEngine } from '../catalogue/engines.ts';
import { Failure } from '../failure.ts';
import type { DeviceAsk } from './ask.ts';
import { findDrivers, gpuCandidates } from './candidates.ts';
import type { Finding } from './finding.ts';
import type { Thoroughness } from './inspect.ts';
import { listDevices } from './list.ts';
import { isOf, readVerdicts } from './verdicts.ts';

/** What computes a sweep: an engine, and the devices over which its runs are spread. */
export interface Chosen {
  readonly engine: EngineName;
  readonly devices: readonly number[];
}

/** What is told while engines are looked at. */
export type ChoiceEvent =
  | { type: 'engines-probed'; engines: EngineName[] }
  /** `known`: from an earlier probe. */
  | { type: 'engine-passed-over'; engine: EngineName; index: number; reason: string; known: boolean }
  /** One that was asked for by name. */
  | { type: 'software-device'; engine: EngineName; device: string };

/** The machine as the choice sees it. */
export interface Machine {
  /** The engines that could be faster than the CPU's. */
  readonly candidates: readonly EngineName[];
  /** What earlier probes found. */
  readonly findings: readonly Finding[];
  remember(findings: readonly Finding[]): Promise<void>;
  listDevices(engine: EngineName): Promise<number[]>;
  probe(engine: EngineName, index: number, thoroughness: Thoroughness): Promise<Finding>;
}

/** This machine; its drivers' files are looked at, nothing is loaded. Probes end when `stop` is aborted. */
export function thisMachine(stop?: AbortSignal): Machine {
  const drivers = findDrivers();
  const threads = availableParallelism();
  return {
    candidates: gpuCandidates(drivers),
    ...readVerdicts(drivers),
    listDevices,
    // Loaded only when something is unknown.
    probe: async (name, device, thoroughness) =>
      (await import('./probe.ts')).probe({ name, threads, device }, thoroughness, { stop }),
  };
}

/** What computes where nothing else is known to be better. */
const fallback: Chosen = { engine: usualEngine, devices: [0] };

/**
 * The engine and devices for what is asked. `auto` takes the fastest engine whose self-test passed; where no GPU may be,
 * that is the CPU's, at once. Throws a Failure of kind 'environment' when an engine that is asked for by name is absent,
 * broken or wrong, and of kind 'signal' when a probe is stopped.
 */
export async function chooseDevices(
  ask: DeviceAsk,
  tell: (event: ChoiceEvent) => void,
  machine: Machine = thisMachine(),
): Promise<Chosen> {
  if (ask === 'auto') return fastest(machine, tell);
  if (ask.engine === fallback.engine) return fallback;
  return named(ask.engine, ask.index, machine, tell);
}

async function fastest(machine: Machine, tell: (event: ChoiceEvent) => void): Promise<Chosen> {
  if (machine.candidates.length === 0) return fallback;
  const unknown = (engine: EngineName) =>
    !machine.findings.some(found => isOf(found, engine, 0) && isSettled(found));
  const fresh = await probeAll(machine.candidates.filter(unknown), machine, tell);
  const known = machine.findings.filter(({ engine }) => machine.candidates.includes(engine));
  const findings = [...known.filter(({ engine }) => !fresh.some(one => one.engine === engine)), ...fresh];
  const usable = findings.filter(found => found.index === 0 && isEligible(found));
  for (const found of findings.filter(found => found.index === 0 && !isEligible(found))) {
    const { engine, index } = found;
    const reason = whyNot(found);
    tell({ type: 'engine-passed-over', engine, index, reason, known: !fresh.includes(found) });
  }
  if (usable.length === 0) return fallback;
  const ofCpu = machine.findings.find(found => isOf(found, fallback.engine, 0) && isSettled(found));
  const cpu = ofCpu ? [ofCpu] : await probeAll([fallback.engine], machine, tell);
  const [best] = [...usable, ...cpu.filter(isEligible)].sort(
    (a, b) => a.stepMilliseconds! - b.stepMilliseconds!,
  );
  return best!.engine === fallback.engine ? fallback : spread(best!.engine, machine, tell);
}

async function named(
  engine: EngineName,
  index: number | undefined,
  machine: Machine,
  tell: (event: ChoiceEvent) => void,
): Promise<Chosen> {
  const first = index ?? 0;
  const known = machine.findings.find(found => isOf(found, engine, first) && found.verdict === 'passed');
  const found = known ?? (await machine.probe(engine, first, 'trust'));
  if (found.verdict !== 'passed') throw refusal(found);
  if (known === undefined) await machine.remember([found]);
  if (found.device?.kind === 'software') tell({ type: 'software-device', engine, device: found.device.name });
  return index === undefined ? spread(engine, machine, tell) : { engine, devices: [index] };
}

/** All devices of an engine whose first one passed: those of the others that pass as well. */
async function spread(
  engine: EngineName,
  machine: Machine,
  tell: (event: ChoiceEvent) => void,
): Promise<Chosen> {
  const others = (await machine.listDevices(engine)).filter(index => index > 0);
  const findings = await Promise.all(
    others.map(
      index =>
        machine.findings.find(found => isOf(found, engine, index)) ?? machine.probe(engine, index, 'trust'),
    ),
  );
  const fresh = findings.filter(found => !machine.findings.includes(found));
  if (fresh.length > 0) await machine.remember(fresh);
  for (const found of findings.filter(({ verdict }) => verdict !== 'passed')) {
    const { index } = found;
    tell({ type: 'engine-passed-over', engine, index, reason: whyNot(found), known: !fresh.includes(found) });
  }
  const passed = findings.filter(({ verdict }) => verdict === 'passed').map(({ index }) => index);
  return { engine, devices: [0, ...passed] };
}

/** One after the other: together they would slow each other down, and their times tell which is taken. */
async function probeAll(
  engines: readonly EngineName[],
  machine: Machine,
  tell: (event: ChoiceEvent) => void,
): Promise<Finding[]> {
  if (engines.length === 0) return [];
  tell({ type: 'engines-probed', engines: [...engines] });
  const findings: Finding[] = [];
  for (const engine of engines) findings.push(await machine.probe(engine, 0, 'choose'));
  await machine.remember(findings);
  return findings;
}

/** Whether a finding is enough to choose by; one of an engine asked for by name lacks the time. */
const isSettled = ({ verdict, device, stepMilliseconds, reason }: Finding) =>
  verdict !== 'passed' ||
  device?.kind === 'software' ||
  stepMilliseconds !== undefined ||
  reason !== undefined;

/** Whether `auto` may take it. */
export const isEligible = ({ verdict, device, stepMilliseconds }: Finding) =>
  verdict === 'passed' && device?.kind !== 'software' && stepMilliseconds !== undefined;

/** Why `auto` does not take it, as the end of a sentence. */
export function whyNot({ device, reason, verdict }: Finding): string {
  if (device?.kind === 'software') return `${device.name} is no GPU: it computes on the CPU`;
  return reason ?? verdict;
}

function refusal({ engine, index, reason, hint, verdict, device }: Finding): Failure {
  const what = index === 0 ? `\`${engine}\`` : `\`${engine}:${index}\``;
  const on = device === undefined ? '' : ` on ${device.name}`;
  return new Failure(
    'environment',
    `Expected ${what} to be usable, found it ${verdict}${on}: ${reason ?? 'it said nothing'}`,
    hint ?? '`nern-sweep doctor` shows what can be used instead.',
  );
}
