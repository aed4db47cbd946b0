import { open } from 'node:fs/promises';
import { Failure } from '../failure.ts';

/** The `e_machine` of an ELF file's header, in the names that Node.js has for them. */
const machines: Readonly<Record<number, string>> = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64' };

/** The processor that a library's code is for; undefined where its format does not tell (macOS holds several). */
export async function processorOf(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const header = Buffer.alloc(20);
    await file.read(header, 0, header.length, 0);
    if (header.readUInt32BE(0) !== 0x7f454c46) return undefined;
    const machine = header.readUInt16LE(18);
    return machines[machine] ?? `processor ${machine}`;
  } finally {
    await file.close();
  }
}

/** Throws a Failure of kind 'environment' when a library is made for another processor than this one. */
export async function refuseOtherProcessor(path: string): Promise<void> {
  const processor = await processorOf(path);
  if (processor === undefined || processor === process.arch) return;
  throw new Failure(
    'environment',
    `Expected ${path} to be for ${process.arch}, which this Node.js is built for, got one for ${processor}`,
    'Get the build for this machine.',
  );
}
