import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { newFolder } from '../../support/files.ts';

const module = (path: string) => pathToFileURL(resolve('dist', path)).href;

/** A process that computes 1 + 1 in the home folder and with the temporary files of nobody. */
const script = `
  import { createOnnxEngine } from '${module('engine/onnx/engine.js')}';
  import { add } from '${module('graph/elementwise.js')}';
  import { input } from '${module('graph/value.js')}';
  const x = input('x', [1]);
  const program = await createOnnxEngine(1).compile({ name: 'sum', outputs: { y: add(x, x) } });
  const { y } = await program.run({ x: { shape: [1], data: Float32Array.of(1) } });
  console.log(y.data[0]);`;

it('ONNX Runtime tells nobody what it runs, and leaves nothing behind', () => {
  const [home, temporary] = [newFolder(), newFolder()];
  const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...environment } = process.env;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...environment, HOME: home, TMPDIR: temporary },
    encoding: 'utf8',
  });
  expect(printed.trim()).toBe('2');
  expect(readdirSync(home)).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
});
