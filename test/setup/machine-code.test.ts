import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { processorOf, refuseOtherProcessor } from '../../src/setup/machine-code.ts';
import { newFolder } from '../support/files.ts';

/** The beginning of an ELF library for a processor by its number. */
function elf(machine: number): string {
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x7f454c46);
  header.writeUInt16LE(machine, 18);
  return join(newFolder({ 'lib.so.2': header }), 'lib.so.2');
}

describe('a library', () => {
  it('tells its processor', async () => {
    expect(await processorOf(elf(62))).toBe('x64');
    expect(await processorOf(elf(183))).toBe('arm64');
    expect(await processorOf(elf(243))).toBe('processor 243');
    expect(await processorOf(join(newFolder({ text: 'no library' }), 'text'))).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('of this Node.js is for this processor', async () => {
    expect(await processorOf(process.execPath)).toBe(process.arch);
  });

  it('for another processor is refused', async () => {
    const [other, name] = process.arch === 'x64' ? [183, 'arm64'] : [62, 'x64'];
    await expect(refuseOtherProcessor(elf(other as number))).rejects.toThrow(`got one for ${name}`);
  });
});
