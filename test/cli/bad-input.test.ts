import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { badTestSets, badWeights, weightsOf, writeFiles } from './bad-files.ts';
import { type Ended, makeWorkspace, runProgram, tinySpec, type Workspace } from './program.ts';

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace();
});
afterEach(() => rmSync(workspace.folder, { recursive: true }));

const run = (...args: string[]) => runProgram(workspace, args);
/** What the terminal shows and the exit code; the workspace's folder is written as `.`. */
const shown = ({ code, stdout, stderr }: Ended) =>
  `\n${(stdout + stderr).replaceAll(workspace.folder, '.')}[${code}]`;

describe('a wrong call', () => {
  it.each<[string[], string, string?]>([
    [[], 'Expected a spec file, got none', 'nern-sweep --help shows how to call it.'],
    [['--job', '2'], 'Expected a known option, got `--job`', 'Did you mean `--jobs`?'],
    [
      ['--jobs', '-1', 'tiny.yaml'],
      'Expected a value after --jobs, got the option `-1`',
      'A value that begins with a dash is written --jobs=-1.',
    ],
    [
      ['run', 'tiny.yaml'],
      'Expected a known command, got `run`',
      'To run a spec, give its file and no command.',
    ],
    [['tiny.yaml', '--repeats', '1e3'], 'Expected --repeats to be a whole number of at least 1, got `1e3`'],
  ])('%j', async (args, message, hint) => {
    const stderr = `nern-sweep: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`;
    expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr });
  });

  it('with wrong overrides points into them', async () => {
    const overrides = ['alfa=1', 'alpha', 'alpha=', 'batch=0', 'matrix.permutation=[]', '__proto__.x=1'];
    const args = overrides.flatMap(text => ['--set', text]);
    expect(shown(await run('validate', 'tiny.yaml', '--repeats', '99999', ...args))).toMatchInlineSnapshot(`
      "
      --set alpha=:1:1 error Expected \`alpha\` to be a number from 0 to 1000000, got nothing
       1 | alpha=
         | ^

      --repeats 99999:1:1 error Expected \`repeats\` to be an integer from 1 to 10000, got \`99999\`
       1 | 99999
         | ^^^^^

      --set alpha:1:1 error Expected path=value, got \`alpha\`
       1 | alpha
         | ^^^^^
         = write \`--set alpha=...\`

      --set __proto__.x=1:1:1 error Unknown path \`__proto__.x\`
       1 | __proto__.x=1
         | ^^^^^^^^^^^
         = expected a setting of the spec, with dots between its keys

      --set alfa=1:1:1 error Unknown path \`alfa\`
       1 | alfa=1
         | ^^^^
         = expected a setting of the spec, with dots between its keys

      --set batch=0:1:7 error Expected \`batch\` to be an integer from 1 to 65536, got \`0\`
       1 | batch=0
         |       ^

      --set matrix.permutation=[]:1:20 error Expected \`matrix.permutation\` to be a list of one or more values, got an empty list
       1 | matrix.permutation=[]
         |                    ^^
      [2]"
    `);
  });
});

/** Names of specs and what is wrong in them, each appended to or replaced in a right one. */
const badSpecs: Record<string, string> = {
  'typo.yaml': tinySpec.replace('iterations', 'iteratons'),
  'twice.yaml': `${tinySpec}repeats: 3\n`,
  'types.yaml': `${tinySpec}alpha: "1"\nbatch: [8]\n`,
  'empty.yaml': tinySpec.replace(/matrix:.*/s, 'matrix: {}\n'),
  'path.yaml': tinySpec.replace('predictor.hidden: [', 'predictor.hiddne: [').replace(/report.*/, ''),
  'include.yaml': `${tinySpec}include: [{ predictor.hidden: 150, alpha: 1 }]\n`,
  'bomb.yaml': `a: &a [${'x,'.repeat(99)}]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(99)}]\n`,
  'huge.yaml': tinySpec.replace(
    /matrix:.*/s,
    `matrix:\n${['alpha', 'beta', 'batch'].map(path => `  ${path}: [${list(1000)}]\n`).join('')}`,
  ),
  'windows.yaml': `\ufeff${tinySpec.replace('hidden:', 'hiden:').replaceAll('\n', '\r\n')}`,
  'tab.yaml': 'name: x\ntarget:\n\tnetwork: resnet8\n',
  'nothing.yaml': '',
};

function list(length: number): string {
  return Array.from({ length }, (_, i) => i + 1).join(', ');
}

describe('wrong specs', () => {
  it('are reported together, each mistake once, with its place', async () => {
    writeFiles(workspace.folder, badSpecs);
    const files = [...Object.keys(badSpecs), '.', 'tyni.yaml'];
    expect(shown(await run('validate', ...files))).toMatchInlineSnapshot(`
      "
      typo.yaml:4:1 error Unknown key \`iteratons\`
       4 | iteratons: 20
         | ^^^^^^^^^
         = expected \`name\`, \`description\`, \`target\`, \`teacher\`, \`baseline\`, \`data\`, \`predictor\`, \`permutation\`, \`sampler\`, \`alpha\`, \`beta\`, \`losses\`, \`iterations\`, \`batch\`, \`warmup\`, \`optimizer\`, \`schedule\`, \`clip\`, \`phases\`, \`progressive\`, \`select\`, \`evaluate\`, \`attack\`, \`compression\`, \`ood\`, \`evaluateEvery\`, \`evaluateLowest\`, \`repeats\`, \`seeds\`, \`device\`, \`matrix\`, \`zip\`, \`include\`, \`exclude\` or \`report\`
         = did you mean \`iterations\`?

      twice.yaml:10:1 error Duplicate key \`repeats\`
       10 | repeats: 3
          | ^^^^^^^
          = it is already on line 5

      types.yaml:10:8 error Expected \`alpha\` to be a number from 0 to 1000000, got \`"1"\`
       10 | alpha: "1"
          |        ^^^
          = write 1, without quotes or separators

      types.yaml:11:8 error Expected \`batch\` to be an integer from 1 to 65536, got \`[8]\`
       11 | batch: [8]
          |        ^^^

      empty.yaml:6:9 error Expected \`matrix\` to be a mapping with one or more keys, got an empty mapping
       6 | matrix: {}
         |         ^^

      path.yaml:7:3 error Unknown path \`predictor.hiddne\` in \`matrix\`
       7 |   predictor.hiddne: [140, 160]
         |   ^^^^^^^^^^^^^^^^
         = expected a setting of the spec, with dots between its keys
         = did you mean \`predictor.hidden\`?

      include.yaml:10:31 error Expected \`include\` to match a combination of the grid, but none has \`predictor.hidden\` \`150\`
       10 | include: [{ predictor.hidden: 150, alpha: 1 }]
          |                               ^^^
          = expected \`140\` or \`160\`
          = did you mean \`140\`? To add a cell of its own, give \`permutation\` too.

      bomb.yaml:3:14 error Expected at most 50,000 values once aliases are expanded, got more
       3 | c: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b…
         |              ^^

      huge.yaml:6:1 error Expected at most 10,000 cells, got 1,000,000,000
       6 | matrix:
         | ^^^^^^
         = split the spec, or advance lists together with \`zip\`

      windows.yaml:7:3 error Unknown path \`predictor.hiden\` in \`matrix\`
       7 |   predictor.hiden: [140, 160]
         |   ^^^^^^^^^^^^^^^
         = expected a setting of the spec, with dots between its keys
         = did you mean \`predictor.hidden\`?

      tab.yaml:3:1 error Expected spaces before a key, got a tab
       3 | \\tnetwork: resnet8
         | ^^
         = indent with spaces

      nothing.yaml:1:1 error Expected the spec to be a mapping with \`name\` and \`target\`, got nothing

      .:1:1 error Expected a spec file, got a folder
         = name a file in it, such as \`bomb.yaml\`

      tyni.yaml:1:1 error Expected a spec file, found none
         = did you mean \`tiny.yaml\`?
      [2]"
    `);
  });

  it('are right with Windows line ends and a byte order mark', async () => {
    writeFiles(workspace.folder, { 'windows.yaml': `\ufeff${tinySpec.replaceAll('\n', '\r\n')}` });
    expect(shown(await run('validate', 'windows.yaml'))).toMatchInlineSnapshot(`
      "
      windows.yaml: valid, 2 cells x 2 seeds = 4 runs
      [0]"
    `);
  });
});

describe('files that a spec names', () => {
  const sweep = (grid: string) => `name: files
target: { network: resnet8, dataset: cifar10, weights: a.th }
alpha: 0
beta: 0
${grid}`;

  it('weights: each that cannot be used is reported at its place, and nothing in it is run', async () => {
    const marker = join(workspace.folder, 'marker');
    const files = badWeights(marker);
    writeFiles(workspace.folder, files);
    const names = [...Object.keys(files), 'missing.th', '.'].map(name => `    - ${name}\n`);
    const spec = sweep(`evaluate: [reconstruction-error]\nmatrix:\n  target.weights:\n${names.join('')}`);
    writeFiles(workspace.folder, { 'files.yaml': spec });
    expect(shown(await run('files.yaml'))).toMatchInlineSnapshot(`
      "
      files.yaml:8:7 error Expected ./empty.th to be a safetensors or PyTorch file, got an empty one
       8 |     - empty.th
         |       ^^^^^^^^
         = Its copying failed: get it again.

      files.yaml:9:7 error Expected ./page.th to be a safetensors or PyTorch file, got one that begins with \`<!DOCTYPE html><\`
       9 |     - page.th
         |       ^^^^^^^
         = This looks like a web page: download the file itself, not the page about it.

      files.yaml:10:7 error Expected ./short.th to be a safetensors file with 303080 bytes of tensors, got 150036
       10 |     - short.th
          |       ^^^^^^^^
          = The file is damaged or of another format: get it again.

      files.yaml:11:7 error Expected entry archive/data/w of ./flipped.th to have the checksum that the archive gives for it, got another one
       11 |     - flipped.th
          |       ^^^^^^^^^^
          = The file is damaged: get it again. If it was saved without checksums (set_crc32_options), save it with them.

      files.yaml:12:7 error Expected plain data at byte 10 of ./hostile-zip.th (archive/data.pkl), got the Python name \`posix.system\`
       12 |     - hostile-zip.th
          |       ^^^^^^^^^^^^^^
          = Loading this file in Python calls what this name stands for, a class or function of its own choice; here nothing was called. PyTorch's safe loader (\`weights_only\`) refuses it as well. Where you trust the file, load it in Python and save its state dict, or its arrays, alone.

      files.yaml:13:7 error Expected plain data at byte 99 of ./hostile-legacy.th, got the Python name \`posix.system\`
       13 |     - hostile-legacy.th
          |       ^^^^^^^^^^^^^^^^^
          = Loading this file in Python calls what this name stands for, a class or function of its own choice; here nothing was called. PyTorch's safe loader (\`weights_only\`) refuses it as well. Where you trust the file, load it in Python and save its state dict, or its arrays, alone.

      files.yaml:14:7 error Expected ./hostile-bare.th to be a safetensors or PyTorch file, got one that begins with \`\\x80\\x02}(X\\x01\\x00\\x00\\x00wcposix\`
       14 |     - hostile-bare.th
          |       ^^^^^^^^^^^^^^^
          = This is a bare pickle: save the state dict with torch.save or as safetensors.

      files.yaml:15:7 error Expected ./huge.th to be a safetensors file with 4398046511104 bytes of tensors, got 0
       15 |     - huge.th
          |       ^^^^^^^
          = The file is damaged or of another format: get it again.

      files.yaml:16:7 error Expected ./huge-zip.th to be a PyTorch file with 4398046511104 bytes of storage w, got 24
       16 |     - huge-zip.th
          |       ^^^^^^^^^^^
          = The file is damaged or no plain state dict: get it again, or save it again with its state dict only.

      files.yaml:17:7 error Expected the sha256 of ./net-0123abcd.th to begin with 0123abcd as its name says, got 6f75294f
       17 |     - net-0123abcd.th
          |       ^^^^^^^^^^^^^^^
          = The file is damaged or was changed: get it again, or rename it if you changed it or if those digits are no checksum.

      files.yaml:18:7 error ./resnet20.th: expected the parameters of resnet8, but the file has layer1.1.bn1.bias, layer1.1.bn1.running_mean, layer1.1.bn1.running_var and 57 more besides
       18 |     - resnet20.th
          |       ^^^^^^^^^^^
          = The file holds a resnet20: set \`target.network: resnet20\`.

      files.yaml:19:7 error ./classes.th: expected \`linear.weight\` of resnet8 to have shape [10, 64], got [100, 64], and 1 more of another shape
       19 |     - classes.th
          |       ^^^^^^^^^^
          = Does the checkpoint belong to a data set with another number of classes?

      files.yaml:20:7 error ./nan.th: expected \`conv1.weight\` of resnet8 to hold finite numbers, got \`NaN\`
       20 |     - nan.th
          |       ^^^^^^
          = The network was saved after its training had failed, or the file is damaged: use another one.

      files.yaml:21:7 error Expected \`target.weights\` to be a file, found none at ./missing.th or ./data/missing.th
       21 |     - missing.th
          |       ^^^^^^^^^^
          = Give an absolute path, one relative to the spec, or one inside the folder that NERN_SWEEP_DATA names.

      files.yaml:22:7 error Expected . to be a file, got a folder
       22 |     - .
          |       ^
          = Check the path.
      [3]"
    `);
    expect([existsSync(marker), existsSync(join(workspace.folder, 'runs'))]).toEqual([false, false]);
  });

  it('weights with the other kind of shortcuts say which setting is wrong', async () => {
    const grid = 'zip: { target.weights: [a.th, b.th, a.th], target.shortcut: [B, A, A] }\n';
    writeFiles(workspace.folder, {
      'files.yaml': sweep(`evaluate: [reconstruction-error]\n${grid}`),
      'a.th': weightsOf('A'),
      'b.th': weightsOf('B'),
    });
    expect(shown(await run('files.yaml'))).toMatchInlineSnapshot(`
      "
      files.yaml:6:25 error ./a.th: expected the parameters of resnet8, but the file lacks layer2.0.shortcut.0.weight, layer2.0.shortcut.1.weight, layer2.0.shortcut.1.bias and 7 more
       6 | zip: { target.weights: [a.th, b.th, a.th], target.shortcut: [B, A, A] }
         |                         ^^^^
         = The file has identity shortcuts: set \`target.shortcut: A\`.

      files.yaml:6:31 error ./b.th: expected the parameters of resnet8, but the file has layer2.0.shortcut.0.weight, layer2.0.shortcut.1.bias, layer2.0.shortcut.1.running_mean and 7 more besides
       6 | zip: { target.weights: [a.th, b.th, a.th], target.shortcut: [B, A, A] }
         |                               ^^^^
         = The file has convolutional shortcuts: set \`target.shortcut: B\`.
      [3]"
    `);
  });

  it('images: each set that cannot be used is reported at its place, and nothing in it is run', async () => {
    const marker = join(workspace.folder, 'marker');
    const sets = badTestSets(marker);
    for (const [folder, files] of Object.entries(sets)) writeFiles(join(workspace.folder, folder), files);
    const roots = ['nowhere', ...Object.keys(sets).map(name => name.split('/')[0])].join(', ');
    const spec = sweep(`evaluate: [accuracy]\nmatrix: { data.root: [${roots}] }\n`);
    writeFiles(workspace.folder, { 'files.yaml': spec, 'a.th': weightsOf('A') });
    expect(shown(await run('files.yaml'))).toMatchInlineSnapshot(`
      "
      files.yaml:6:23 error Expected ./nowhere to hold cifar-10-batches-bin or cifar-10-batches-py, found no such folder
       6 | matrix: { data.root: [nowhere, none, gone, short, labels, hostile] }
         |                       ^^^^^^^
         = \`nern-sweep data cifar10\` brings it to the data root. Or get the binary version from https://www.cs.toronto.edu/~kriz/cifar.html and unpack it there, or name the folder in which it is with \`data.root\` or the environment variable NERN_SWEEP_DATA.

      files.yaml:6:32 error Expected ./none to hold cifar-10-batches-bin or cifar-10-batches-py, found neither
       6 | matrix: { data.root: [nowhere, none, gone, short, labels, hostile] }
         |                                ^^^^
         = \`nern-sweep data cifar10\` brings it to the data root. Or get the binary version from https://www.cs.toronto.edu/~kriz/cifar.html and unpack it there, or name the folder in which it is with \`data.root\` or the environment variable NERN_SWEEP_DATA.

      files.yaml:6:38 error Expected a file at ./gone/cifar-10-batches-bin/test_batch.bin, found none
       6 | matrix: { data.root: [nowhere, none, gone, short, labels, hostile] }
         |                                      ^^^^
         = The data set is not complete: get it again.

      files.yaml:6:44 error Expected the size of ./short/cifar-10-batches-bin/test_batch.bin to be a multiple of 3073 bytes (one record), got 1000 bytes
       6 | matrix: { data.root: [nowhere, none, gone, short, labels, hostile] }
         |                                            ^^^^^
         = The file is cut short or of another data set: get it again.

      files.yaml:6:51 error Expected the labels in ./labels/cifar-10-batches-bin/test_batch.bin to be below 10, got 10 for image 1
       6 | matrix: { data.root: [nowhere, none, gone, short, labels, hostile] }
         |                                                   ^^^^^^
         = The file is damaged or of another data set: get it again.

      files.yaml:6:59 error Expected plain data at byte 10 of ./hostile/cifar-10-batches-py/test_batch, got the Python name \`posix.system\`
       6 | matrix: { data.root: [nowhere, none, gone, short, labels, hostile] }
         |                                                           ^^^^^^^
         = Loading this file in Python calls what this name stands for, a class or function of its own choice; here nothing was called. PyTorch's safe loader (\`weights_only\`) refuses it as well. Where you trust the file, load it in Python and save its state dict, or its arrays, alone.
      [3]"
    `);
    expect([existsSync(marker), existsSync(join(workspace.folder, 'runs'))]).toEqual([false, false]);
  });
});

describe('a folder that cannot be written', () => {
  it.each([
    ['tiny.yaml', 'ENOTDIR|EEXIST', 'A part of that path is a file'],
    ['taken', 'EISDIR', 'There is a folder with that name'],
    ...(process.platform === 'linux' ? [['/proc/nern-sweep', 'ENOENT', 'Choose another']] : []),
  ])('--out %s is told before anything runs', async (out, code, hint) => {
    mkdirSync(join(workspace.folder, 'taken/tiny/events.jsonl'), { recursive: true });
    const ended = await run('tiny.yaml', '--out', out!);
    expect(ended.stderr).toMatch(
      new RegExp(`^nern-sweep: Expected .* to be writable, got \`(${code})\`\n {2}${hint}.*\n$`),
    );
    expect([ended.code, ended.stdout, workspace.executed()]).toEqual([3, '', []]);
  });
});

it('two sweeps of one name at once leave whole files', async () => {
  const both = await Promise.all([run('tiny.yaml'), run('tiny.yaml')]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  const left = readdirSync(join(workspace.folder, 'runs'), { recursive: true, encoding: 'utf8' });
  expect(left.filter(name => name.endsWith('.tmp'))).toEqual([]);
  const results = JSON.parse(readFileSync(join(workspace.folder, 'runs/tiny/results.json'), 'utf8'));
  expect(results.cells.map(({ completed }: { completed: number }) => completed)).toEqual([2, 2]);
});
