import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, runProgram, type Workspace } from './program.ts';

const spec = `
name: tiny
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 64, test: 100 }
predictor: { hidden: 16, embedding: { levels: 4 } }
permutation: cross-filter
sampler: { method: magnitude, batch: 256 }
iterations: 3
batch: 8
repeats: 1
`;
const embedded = resolve('assets/resnet8-procedural.safetensors');

let workspace: Workspace;
let run: string;
beforeAll(async () => {
  workspace = makeWorkspace(spec);
  await runProgram(workspace, ['tiny.yaml'], 'real');
  const [cell] = readdirSync(join(workspace.folder, 'runs/tiny/trials'));
  run = `tiny/${cell}/seed-0`;
}, 180_000);
afterAll(() => rmSync(workspace.folder, { recursive: true }));

const call = (...args: string[]) => runProgram(workspace, args);
const bytesOf = (path: string) => readFileSync(join(workspace.folder, path));

describe('export', () => {
  it('writes predictor and network, by name or folder, the same bytes each time', async () => {
    const { code, stdout, stderr } = await call('export', run, '--to', 'a');
    expect([code, stderr]).toEqual([0, '']);
    // Over the layers, the 48 kernels of the first among them: F C log2(F C) bits, in whole bytes.
    expect(stdout).toContain('permutation 11362 bytes');
    const folder = `runs/tiny/trials/${run.slice('tiny/'.length)}`;
    expect((await call('export', folder, '--threads', '1')).code).toBe(0);
    for (const file of ['predictor.nern', 'network.safetensors', 'network.pth'])
      expect(bytesOf(`a/${file}`).equals(bytesOf(`${folder}/export/${file}`))).toBe(true);
  });

  it('counts as the paper does', async () => {
    const { stdout } = await call('export', run, '--to', 'b', '--json');
    const { sizes, files, convolutions } = JSON.parse(stdout);
    expect(files).toHaveLength(3);
    expect(convolutions).toBe(4 * 74_160);
    expect(sizes.predictor + sizes.permutation + sizes.header).toBe(bytesOf('b/predictor.nern').length);
  });

  it('says what it expects in place of a run that is not there', async () => {
    const { code, stderr } = await call('export', 'tiny/none/seed-0');
    expect(code).toBe(2);
    expect(stderr).toMatch(/Expected a finished run, found no result\.json in .*runs\/tiny\/trials\/none/);
    expect((await call('export')).stderr).toContain(
      "Expected a run's folder or name after `export`, got none",
    );
  });
});

describe('reconstruct', () => {
  it('gives the network of the export back, byte for byte', async () => {
    await call('export', run, '--to', 'c');
    const args = ['c/predictor.nern', '--with', embedded, '--to', 'd', '--json'];
    const { code, stdout } = await call('reconstruct', ...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ identical: true });
    for (const file of ['network.safetensors', 'network.pth'])
      expect(bytesOf(`c/${file}`).equals(bytesOf(`d/${file}`))).toBe(true);
  });

  it('refuses another original, a damaged file, and a call without original', async () => {
    await call('export', run, '--to', 'e');
    const nern = bytesOf('e/predictor.nern');
    const other = await call('reconstruct', 'e/predictor.nern', '--with', 'e/predictor.nern', '--to', 'f');
    expect(other.code).toBe(3);
    expect(other.stderr).toContain('to be the original of e/predictor.nern, got other tensors');
    writeFileSync(join(workspace.folder, 'cut.nern'), nern.subarray(0, -1));
    const cut = await call('reconstruct', 'cut.nern', '--with', 'embedded', '--to', 'f');
    expect([cut.code, cut.stderr]).toEqual([3, expect.stringContaining('Expected cut.nern to be')]);
    const without = await call('reconstruct', 'e/predictor.nern');
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('Expected --with')]);
    expect(readdirSync(workspace.folder)).not.toContain('f');
  });
});
