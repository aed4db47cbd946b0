/** An entry of a tar archive, as its header says it. */
export interface TarEntry {
  readonly name: string;
  readonly content?: Uint8Array;
  /** `0`: a file; `1`, `2`: links; `3`: a device; `5`: a folder. */
  readonly type?: string;
  readonly link?: string;
  /** What the header claims. */
  readonly size?: number;
}

/** A tar archive in the ustar format, with whatever names, kinds and sizes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(
    ({ name, content = Buffer.alloc(0), type = '0', link = '', size = content.length }) => {
      const header = Buffer.alloc(512);
      header.write(name, 0, 100);
      header.write('0000644\0', 100);
      header.write('0000000\0', 108);
      header.write('0000000\0', 116);
      header.write(`${size.toString(8).padStart(11, '0')} `, 124);
      header.write('00000000000 ', 136);
      header.write('        ', 148);
      header.write(type, 156);
      header.write(link, 157, 100);
      header.write('ustar\x0000', 257, 'latin1');
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
    },
  );
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}
