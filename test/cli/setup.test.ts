import { describe, expect, it } from 'vitest';
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
