/**
 * One measurement in a process of its own, because drivers crash and hang, and because memory is to be told per process.
 * Prints lines of JSON: what is there, or why it is not; then `ready` when everything is compiled and warm; then waits
 * for a line on its input, so that several can start as one, and prints what it measured.
 *
 *   subject.js time ENGINE SECONDS WORK DEPTH IMAGES
 *   subject.js parity ENGINE
 */
import { writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { argv, exit, resourceUsage, stdin } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { engineNames } from '../../src/catalogue/engines.ts';
import { openEngine } from '../../src/engine/open.ts';
import type { Engine } from '../../src/graph/program.ts';
import { readCase } from './cases.ts';
import { parity } from './parity.ts';
import { prepare } from './work.ts';

const [task, engineName, seconds, ...caseWords] = argv.slice(2);
const name = engineNames.find(known => known === engineName);
if (!name) throw new Error(`Expected an engine, got \`${engineName}\``);

const tell = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);
const open = (engine: typeof name) =>
  openEngine({ name: engine, threads: availableParallelism(), device: 0 });

const engine = await open(name).catch(error => {
  tell({ absent: error instanceof Error ? error.message : `${error}` });
  return exit(0);
});
const { versions, threads, device, imagesAtOnce } = engine;
tell({ engine: { versions, threads, device, imagesAtOnce } });
try {
  const measured = task === 'parity' ? await parity(engine, await open('onnx:cpu')) : await time(engine);
  tell({ measured });
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : `${error}` });
}
// Without giving the device back: some drivers crash or hang when they are unloaded, and the result is told already.
exit(0);

async function time(engine: Engine) {
  const began = performance.now();
  const repeat = await prepare(engine, readCase(caseWords));
  // What is slow needs no more than one.
  for (let i = 0; i < 5 && (i === 0 || performance.now() - began < 5000); i++) await repeat();
  tell({ ready: { seconds: (performance.now() - began) / 1000 } });
  await nextLine();
  const milliseconds: number[] = [];
  const start = performance.now();
  while (performance.now() - start < Number(seconds) * 1000) {
    const before = performance.now();
    await repeat();
    milliseconds.push(performance.now() - before);
  }
  const perSecond = (1000 * milliseconds.length) / (performance.now() - start);
  return { perSecond, milliseconds, peakMiB: resourceUsage().maxRSS / 1024 };
}

async function nextLine(): Promise<void> {
  const lines = createInterface({ input: stdin });
  for await (const _ of lines) break;
}
