import { describe, expect, it } from 'vitest';
import type { EngineName } from '../../src/catalogue/engines.ts';
import { type ChoiceEvent, chooseDevices, type Machine } from '../../src/devices/choose.ts';
import { examine } from '../../src/devices/examine.ts';
import type { Finding } from '../../src/devices/finding.ts';

const gpu = { name: 'Graphics 1', kind: 'gpu' } as const;
const software = { name: 'llvmpipe', kind: 'software' } as const;
const cpu = { name: 'Processor', kind: 'cpu' } as const;

type Outcome = Partial<Omit<Finding, 'engine' | 'index'>>;
const passed = (stepMilliseconds: number, device: Finding['device'] = gpu): Outcome => ({
  verdict: 'passed',
  stepMilliseconds,
  device: device!,
});

/** A machine whose probes end as told; `:1` names a second device. Remembers like the real one. */
function machineOf(candidates: EngineName[], outcomes: Record<string, Outcome>, devices = 1) {
  const probed: string[] = [];
  const findings: Finding[] = [];
  const told: ChoiceEvent[] = [];
  const machine: Machine = {
    candidates,
    get findings() {
      return [...findings];
    },
    remember: async fresh => {
      findings.push(...fresh);
    },
    listDevices: async engine =>
      engine === 'onnx:cuda' ? Array.from({ length: devices }, (_, i) => i) : [0],
    probe: async (engine, index, thoroughness) => {
      const name = index === 0 ? engine : `${engine}:${index}`;
      probed.push(`${name} ${thoroughness}`);
      return { engine, index, verdict: 'absent', reason: 'not there', ...outcomes[name] };
    },
  };
  const choose = (ask: Parameters<typeof chooseDevices>[0]) =>
    chooseDevices(ask, event => told.push(event), machine);
  return { machine, choose, probed, told };
}

describe('auto', () => {
  it('takes the CPU at once where there is no GPU to look at', async () => {
    const { choose, probed, told } = machineOf([], {});
    expect(await choose('auto')).toEqual({ engine: 'onnx:cpu', devices: [0] });
    expect([probed, told]).toEqual([[], []]);
  });

  it('takes the fastest that passed', async () => {
    const outcomes = {
      'onnx:cpu': passed(100, cpu),
      'onnx:webgpu': passed(20),
      'tfjs:webgpu': passed(10),
    };
    const { choose, told } = machineOf(['onnx:webgpu', 'tfjs:webgpu'], outcomes);
    expect(await choose('auto')).toEqual({ engine: 'tfjs:webgpu', devices: [0] });
    expect(told).toEqual([
      { type: 'engines-probed', engines: ['onnx:webgpu', 'tfjs:webgpu'] },
      { type: 'engines-probed', engines: ['onnx:cpu'] },
    ]);
  });

  it('takes the CPU where the GPU is slower', async () => {
    const { choose } = machineOf(['onnx:webgpu'], {
      'onnx:cpu': passed(100, cpu),
      'onnx:webgpu': passed(101),
    });
    expect(await choose('auto')).toEqual({ engine: 'onnx:cpu', devices: [0] });
  });

  it.each<[string, Outcome, string]>([
    ['computes wrong numbers', { verdict: 'wrong', device: gpu, reason: 'off by `3`' }, 'off by `3`'],
    [
      'is a software device',
      { verdict: 'software', device: software },
      'llvmpipe is no GPU: it computes on the CPU',
    ],
    [
      'is a software device that doctor has tested',
      passed(1, software),
      'llvmpipe is no GPU: it computes on the CPU',
    ],
    ['crashes', { verdict: 'broken', reason: 'SIGSEGV' }, 'SIGSEGV'],
    ['is too slow to be timed', { verdict: 'passed', device: gpu, reason: 'got no step' }, 'got no step'],
  ])('names and passes over one that %s', async (_, outcome, reason) => {
    const { choose, told } = machineOf(['onnx:webgpu'], { 'onnx:webgpu': outcome });
    const event = { type: 'engine-passed-over', engine: 'onnx:webgpu', index: 0, reason };
    expect(await choose('auto')).toEqual({ engine: 'onnx:cpu', devices: [0] });
    expect(told.at(-1)).toEqual({ ...event, known: false });
  });

  it('probes nothing a second time, and says that it knew', async () => {
    const { choose, probed, told } = machineOf(['onnx:webgpu'], {
      'onnx:webgpu': { verdict: 'software', device: software },
    });
    await choose('auto');
    probed.length = 0;
    await choose('auto');
    expect(probed).toEqual([]);
    expect(told.at(-1)).toMatchObject({ engine: 'onnx:webgpu', known: true });
  });

  it('times an engine that was only tested before', async () => {
    const { machine, choose, probed } = machineOf(['onnx:cuda'], {
      'onnx:cuda': passed(5),
      'onnx:cpu': passed(100, cpu),
    });
    await machine.remember([{ engine: 'onnx:cuda', index: 0, verdict: 'passed', device: gpu }]);
    expect(await choose('auto')).toEqual({ engine: 'onnx:cuda', devices: [0] });
    expect(probed).toContain('onnx:cuda choose');
  });

  it('spreads over all devices that pass', async () => {
    const outcomes = {
      'onnx:cpu': passed(100, cpu),
      'onnx:cuda': passed(5),
      'onnx:cuda:1': { verdict: 'wrong', reason: 'off by `1`' } as const,
      'onnx:cuda:2': passed(5),
    };
    const { choose, told } = machineOf(['onnx:cuda'], outcomes, 3);
    expect(await choose('auto')).toEqual({ engine: 'onnx:cuda', devices: [0, 2] });
    expect(told.at(-1)).toMatchObject({ type: 'engine-passed-over', index: 1, reason: 'off by `1`' });
  });
});

describe('a device by its name', () => {
  it('is the CPU without any proof', async () => {
    const { choose, probed } = machineOf([], {});
    expect(await choose({ engine: 'onnx:cpu' })).toEqual({ engine: 'onnx:cpu', devices: [0] });
    expect(probed).toEqual([]);
  });

  it('may be a software device, which is told', async () => {
    const { choose, probed, told } = machineOf([], {
      'onnx:webgpu': { verdict: 'passed', device: software },
    });
    expect(await choose({ engine: 'onnx:webgpu' })).toEqual({ engine: 'onnx:webgpu', devices: [0] });
    expect(probed).toEqual(['onnx:webgpu trust']);
    expect(told).toEqual([{ type: 'software-device', engine: 'onnx:webgpu', device: 'llvmpipe' }]);
  });

  it('is one of several when a number is given', async () => {
    const { choose } = machineOf([], { 'onnx:cuda:1': passed(5) }, 2);
    expect(await choose({ engine: 'onnx:cuda', index: 1 })).toEqual({ engine: 'onnx:cuda', devices: [1] });
  });

  it('is refused when it is not usable: what was found, and how to get it', async () => {
    const { choose } = machineOf([], {
      'onnx:cuda': { verdict: 'absent', reason: 'no provider library', hint: 'Install it.' },
      'tfjs:webgpu': { verdict: 'wrong', device: gpu, reason: 'off by `2`' },
    });
    await expect(choose({ engine: 'onnx:cuda' })).rejects.toMatchObject({
      kind: 'environment',
      message: 'Expected `onnx:cuda` to be usable, found it absent: no provider library',
      hint: 'Install it.',
    });
    await expect(choose({ engine: 'tfjs:webgpu' })).rejects.toMatchObject({
      message: 'Expected `tfjs:webgpu` to be usable, found it wrong on Graphics 1: off by `2`',
    });
  });

  it('is probed anew after it was refused: it may have been mended', async () => {
    const outcomes: Record<string, Outcome> = {};
    const { choose } = machineOf([], outcomes);
    await expect(choose({ engine: 'tfjs:wasm' })).rejects.toThrow('absent');
    outcomes['tfjs:wasm'] = passed(50, cpu);
    expect(await choose({ engine: 'tfjs:wasm' })).toEqual({ engine: 'tfjs:wasm', devices: [0] });
  });
});

describe('the examination of a machine', () => {
  it('probes every engine on each of its devices and recommends the fastest', async () => {
    const { machine } = machineOf(
      [],
      { 'onnx:cpu': passed(100, cpu), 'onnx:webgpu': passed(1, software), 'onnx:cuda': passed(7) },
      2,
    );
    const asked: string[] = [];
    const examined = await examine('auto', (engine, index) => asked.push(`${engine}:${index}`), machine);
    expect(asked.slice(0, 4)).toEqual(['onnx:cpu:0', 'onnx:webgpu:0', 'onnx:cuda:0', 'onnx:cuda:1']);
    expect(asked).toHaveLength(9);
    expect(examined).toMatchObject({ recommended: 'onnx:cuda', usable: true });
    expect(machine.findings).toEqual(examined.findings);
  });

  it('recommends what auto would take, not what a busy machine makes look fast', async () => {
    const { machine } = machineOf([], { 'onnx:cpu': passed(100, cpu), 'tfjs:node': passed(90, cpu) });
    expect(await examine('auto', () => {}, machine)).toMatchObject({ recommended: 'onnx:cpu' });
    const { machine: other } = machineOf([], { 'tfjs:node': passed(90, cpu) });
    expect(await examine('auto', () => {}, other)).toMatchObject({ recommended: 'tfjs:node' });
  });

  it('finds nothing usable where nothing is', async () => {
    const { machine } = machineOf([], {});
    const examined = await examine('auto', () => {}, machine);
    expect(examined).toMatchObject({ recommended: undefined, usable: false });
  });
});
