import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { prepareFolder, runDirectory, writeResult } from '../../src/execute/trials.ts';
import { exportRun } from '../../src/product/export-run.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { failureOf, newFolder } from '../support/files.ts';
import { execute, published } from '../support/whole-runs.ts';

const embedded = 'assets/resnet8-procedural.safetensors';

const spec = (target: string) => `
name: tiny
target: { network: resnet8, dataset: procedural, ${target} }
data: { root: files, train: 16, test: 16 }
predictor: { hidden: 8, embedding: { levels: 4 } }
permutation: in-filter
phases: reconstruction
iterations: 2
evaluate: [reconstruction-error]
seeds: [0]
`;

/** A sweep that is done, its spec in a folder of its own with what it names, its results in another. */
async function finished(target: string) {
  const folder = newFolder({ 'files/readme': '', 'specs/readme': '' });
  const specs = join(folder, 'specs');
  await copyFile(embedded, join(specs, 'own.safetensors'));
  const text = spec(target);
  const { runs, plan } = await execute(text, { folder: specs });
  const sweep = join(folder, 'runs', 'tiny');
  await prepareFolder(sweep, { name: 'tiny', text, folder: specs }, plan, '0.0.0');
  const directory = runDirectory(sweep, plan.runs[0]!.run);
  await writeResult(directory, runs[0]!.result, runs[0]!.files);
  return { specs, directory, run: runs[0]! };
}

const exported = async (directory: string, weights?: string) =>
  (await exportRun({ run: directory, out: 'runs', weights, device: undefined, threads: 1 })).files;

it('finds the weights beside the spec that the run is of, or says how to name them', async () => {
  const { directory, specs } = await finished('weights: own.safetensors');
  expect(await exported(directory)).toHaveLength(3);
  await rm(join(specs, 'own.safetensors'));
  const failure = await failureOf(exported(directory));
  expect(failure.message).toMatch(/^Expected `target.weights` to be a file, found none at .*specs\/own/);
  expect(failure.hint).toContain('--with FILE');
  expect(await exported(directory, embedded)).toHaveLength(3);
  // Without a word of where the spec was, it is looked for from the working directory.
  await writeFile(join(directory, '../../../origin.json'), 'damaged');
  expect((await failureOf(exported(directory))).message).toContain(`${process.cwd()}/own.safetensors`);
});

it('exports what stands for a pruned target', async () => {
  const { directory } = await finished('weights: own.safetensors, prune: 0.4');
  expect(await exported(directory)).toHaveLength(3);
});

it('exports what stands for a target that was trained, with its norms and classifier', async () => {
  const { directory, run } = await finished('train: { epochs: 1, batch: 8 }');
  const [, file] = (await exported(directory)) as [string, string];
  const [network, target] = [await readFile(file), await published(run, 'target.safetensors')].map(bytes =>
    readSafetensors(bytes, 'network'),
  );
  for (const name of ['bn1.running_var', 'linear.weight'])
    expect([...network!.get(name)!.data]).toEqual([...target!.get(name)!.data]);
  // Without them there are no weights, rather than fresh ones.
  await rm(join(directory, 'target.safetensors'));
  const failure = await failureOf(exported(directory));
  expect(failure.message).toBe('Expected the weights that `target.train` makes, found none');
  expect(failure.hint).toContain('--with FILE');
});
