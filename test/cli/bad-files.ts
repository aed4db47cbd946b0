import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sizeOf } from '../../src/graph/tensor.ts';
import { parameterShapes } from '../../src/networks/network.ts';
import { resnet, type Shortcut } from '../../src/networks/resnet.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { call, dict, global, pickle, str } from '../support/pickle.ts';
import { floats, legacyFile, statePart, zipFile } from '../support/torch-file.ts';

/** A state that makes Python run a shell command when it is loaded. */
const attack = (command: string) => dict([str('w'), call(global('posix', 'system'), str(command))]);

function network(depth: number, shortcut: Shortcut, classes: number, value = 0.5): Uint8Array {
  const shapes = [...parameterShapes(resnet(depth, shortcut, classes))];
  const tensors = shapes.map(
    ([name, shape]) => [name, { shape, data: new Float32Array(sizeOf(shape)).fill(value) }] as const,
  );
  return writeSafetensors(new Map(tensors));
}

function safetensors(header: object): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json]);
}

/** A checkpoint for every way in which one can be wrong, by file name; `marker` is what hostile ones would create. */
export function badWeights(marker: string): Record<string, Uint8Array> {
  const whole = network(8, 'A', 10);
  const state = statePart([{ name: 'w', shape: [2, 3] }]);
  const archive = zipFile(state, { w: floats(1, 2, 3, 4, 5, 6) });
  const flipped = Buffer.from(archive);
  flipped[flipped.indexOf('archive/data/w') + 'archive/data/w'.length]! ^= 1;
  const huge = { dtype: 'F32', shape: [2 ** 40], data_offsets: [0, 2 ** 42] };
  return {
    'empty.th': Buffer.alloc(0),
    'page.th': Buffer.from('<!DOCTYPE html><html>404</html>'),
    'short.th': whole.subarray(0, whole.length / 2),
    'flipped.th': flipped,
    'hostile-zip.th': zipFile(attack(`touch ${marker}`), {}),
    'hostile-legacy.th': legacyFile(attack(`touch ${marker}`), {}),
    'hostile-bare.th': pickle(attack(`touch ${marker}`)),
    'huge.th': safetensors({ w: huge }),
    'huge-zip.th': zipFile(statePart([{ name: 'w', shape: [2n ** 40n], strides: [1], length: 2n ** 40n }]), {
      w: floats(1, 2, 3, 4, 5, 6),
    }),
    'net-0123abcd.th': whole,
    'resnet20.th': network(20, 'A', 10),
    'classes.th': network(8, 'A', 100),
    'nan.th': network(8, 'A', 10, Number.NaN),
  };
}

/** Weights of a ResNet8 with either shortcut. */
export const weightsOf = (shortcut: Shortcut) => network(8, shortcut, 10);

const record = (label: number) => Buffer.concat([Buffer.of(label), Buffer.alloc(3072)]);

/** A data root for every way in which the test set of CIFAR-10 can be wrong, by folder name. */
export function badTestSets(marker: string): Record<string, Record<string, Uint8Array>> {
  return {
    'none/cifar-100-binary': {},
    'gone/cifar-10-batches-bin': {},
    'short/cifar-10-batches-bin': { 'test_batch.bin': record(3).subarray(0, 1000) },
    'labels/cifar-10-batches-bin': { 'test_batch.bin': Buffer.concat([record(9), record(10)]) },
    'hostile/cifar-10-batches-py': { test_batch: pickle(attack(`touch ${marker}`)) },
  };
}

export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}
