import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tfjsNodeFolder } from '../../src/engine/tfjs/tensorflow-addon.ts';
import { tensorFlowAt } from '../setup/files-of-tensorflow.ts';
import { newFolder } from '../support/files.ts';
import { makeWorkspace, runProgram } from './program.ts';

const workspace = makeWorkspace();
const setup = (...args: string[]) => runProgram(workspace, ['setup', ...args]);

describe('nern-sweep setup', () => {
  it('asks where a TensorFlow is to be taken from', async () => {
    const { code, stderr } = await setup('tensorflow');
    expect(code).toBe(2);
    expect(stderr).toContain('Expected --from to name a TensorFlow, got none');
    expect(stderr).toContain('nern-sweep setup tensorflow --from tf');
  });

  it('says what it found instead of a TensorFlow', async () => {
    const { code, stderr } = await setup('tensorflow', '--from', 'no-such-folder');
    expect(code).toBe(3);
    expect(stderr).toMatch(/Expected a TensorFlow at .*no-such-folder, found nothing there/);
  });

  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'says what it found instead of a CUDA provider',
    async () => {
      const { code, stderr } = await setup('cuda', '--from', 'tiny.yaml');
      expect(code).toBe(3);
      expect(stderr).toMatch(/Expected .*tiny\.yaml to be a wheel, a NuGet package or a folder, got a file/);
    },
  );

  it('knows nothing else', async () => {
    const { code, stderr } = await setup('tensorflo');
    expect(code).toBe(2);
    expect(stderr).toContain('tensorflow');
  });
});

/** The building starts with a Python, which these stand in for. */
describe.runIf(process.platform === 'linux' && tfjsNodeFolder() !== undefined)('a build', () => {
  const folder = newFolder(tensorFlowAt('tf/'));
  const [engines, temporary, pidFile] = [newFolder(), newFolder(), join(folder, 'pid')];
  const build = async (python: string) => {
    const file = join(folder, 'python');
    writeFileSync(file, `#!/bin/sh\n${python}\n`);
    chmodSync(file, 0o755);
    const changed = { NERN_SWEEP_ENGINES: engines, TMPDIR: temporary, NODE_GYP_FORCE_PYTHON: file };
    const environment: typeof workspace.environment = (...args) => ({
      ...workspace.environment(...args),
      ...changed,
    });
    return runProgram({ ...workspace, environment }, ['setup', 'tensorflow', '--from', join(folder, 'tf')]);
  };
  const leftBehind = () => [temporary, join(engines, 'tensorflow')].flatMap(place => readdirSync(place));

  it('that fails leaves nothing behind', async () => {
    const { code, stderr } = await build('exit 1');
    expect(stderr).toContain('Expected a Python for node-gyp, found none');
    expect(code).toBe(3);
    expect(leftBehind()).toEqual([]);
  });

  it('that is interrupted leaves nothing behind, and nobody at work', async () => {
    const program = 'cut -d" " -f4 "/proc/$PPID/stat"';
    const { code, stderr } = await build(`echo $$ > ${pidFile}; kill -INT "$(${program})"; exec sleep 1000`);
    expect(stderr).toMatch(/compiling against .*\ninterrupted\n$/);
    expect(code).toBe(130);
    expect(leftBehind()).toEqual([]);
    const process = `/proc/${readFileSync(pidFile, 'utf8').trim()}/cmdline`;
    expect(existsSync(process) ? readFileSync(process, 'utf8') : '').toBe('');
  });
});
