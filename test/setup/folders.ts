import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A new folder with files of the given content; their names may have folders. */
export function makeFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'nern-sweep-setup-'));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return folder;
}

/** A TensorFlow's libraries and the header that proves that there are headers, below a prefix. */
export const tensorFlowAt = (prefix: string, headers = `${prefix}include/`) => ({
  [`${prefix}libtensorflow_cc.so.2`]: '',
  [`${prefix}libtensorflow_framework.so.2`]: '',
  [`${headers}tensorflow/c/eager/c_api.h`]: '',
});
