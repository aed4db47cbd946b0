import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../files/atomic.ts';

/** Raise it when a state is made of other parts than before. */
const formatVersion = 3;

const checkpointFile = 'checkpoint.json';

/** Replaces the stage's checkpoint in one step; numbers, text, lists and mappings of these, and float32 vectors. */
export async function writeTrainingCheckpoint(directory: string, key: string, state: object): Promise<void> {
  const body = JSON.stringify({ formatVersion, key, state }, (_name, value) =>
    value instanceof Float32Array
      ? { float32: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
      : value,
  );
  await writeAtomic(join(directory, checkpointFile), `${checksum(body)}\n${body}`);
}

/** The stage's checkpoint; nothing when there is none, it is damaged, or it belongs to another configuration. */
export async function readTrainingCheckpoint<State>(
  directory: string,
  key: string,
): Promise<State | undefined> {
  const text = await readFile(join(directory, checkpointFile), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [sum, body] = [text.slice(0, 64), text.slice(65)];
  if (checksum(body) !== sum) return undefined;
  const saved = JSON.parse(body, (_name, value) =>
    typeof value?.float32 === 'string' ? floats(value.float32) : value,
  );
  return saved.formatVersion === formatVersion && saved.key === key ? saved.state : undefined;
}

const checksum = (text: string) => createHash('sha256').update(text).digest('hex');

function floats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
