// Reads a ResNet50 of torchvision as a run does, in a process of its own, and tells the time and the memory that it took.
//
//   npx tsx bench/checkpoint.ts FILE...
//
// Memory is the largest resident set less that of the process before it read anything, over the size of the file. The
// file is read once before, so that what is measured is the reading, not the disk.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { networkOf } from '../src/networks/build.ts';
import { catalogue } from '../src/networks/catalogue.ts';
import { matchParameters } from '../src/networks/keys.ts';
import { readCheckpoint } from '../src/weights/checkpoint.ts';

/** The largest resident set so far, in bytes. */
const peak = () => process.resourceUsage().maxRSS * 1024;

async function measure(file: string): Promise<void> {
  const before = peak();
  const began = performance.now();
  const { tensors, format } = await readCheckpoint(file);
  const task = { classes: 1000, input: [3, 224, 224] } as const;
  matchParameters(networkOf({ name: 'resnet50', layers: catalogue.resnet50() }, task), tensors, file);
  const seconds = (performance.now() - began) / 1000;
  const { size } = statSync(file);
  const times = (peak() - before) / size;
  console.log(
    `${file}: ${format}, ${(size / 1e6).toFixed(0)} MB, ${seconds.toFixed(2)} s, ${times.toFixed(2)} times its size in memory`,
  );
}

const [option, ...files] = process.argv.slice(2);
if (option === '--one') await measure(files[0]!);
else {
  for (const file of [option, ...files].filter(name => name !== undefined)) {
    readFileSync(file);
    const itself = fileURLToPath(import.meta.url);
    process.stdout.write(execFileSync(process.execPath, ['--import', 'tsx', itself, '--one', file]));
  }
}
