import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { download, type Progress } from '../../src/fetch/download.ts';
import { failureOf, newFolder } from '../support/files.ts';
import { sendFile, serve, type TestServer } from '../support/server.ts';

const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251));
const md5 = createHash('md5').update(content).digest('hex');
const patience = { tries: 3, pause: 1, silence: 5_000 };

let server: TestServer;
/** Told of each progress of a download. */
let written: (progress: Progress) => void = () => {};
afterEach(() => {
  written = () => {};
  return server.close();
});

/** Downloads into a new folder, in which `part` may be already. */
async function fetchFrom(
  answer: Parameters<typeof serve>[0],
  options: { part?: Buffer; sum?: string; silence?: number } = {},
) {
  server = await serve(answer);
  const file = join(newFolder(), 'deep/archive.tar');
  if (options.part) {
    const folder = newFolder({ 'archive.tar.part': options.part });
    return run(join(folder, 'archive.tar'), options);
  }
  return run(file, options);
}

async function run(
  file: string,
  { sum = md5, silence = patience.silence }: { sum?: string; silence?: number },
) {
  const told: Progress[] = [];
  const tell = (progress: Progress) => {
    told.push(progress);
    written(progress);
  };
  const outcome = await download(`${server.url}/archive.tar`, file, sum, tell, { ...patience, silence }).then(
    () => 'done',
    error => error,
  );
  return { file, told, outcome };
}

describe('a download', () => {
  test('is there when its checksum is right, and tells how far it is', async () => {
    const { file, told, outcome } = await fetchFrom((request, response) =>
      sendFile(request, response, content),
    );
    expect(outcome).toBe('done');
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(existsSync(`${file}.part`)).toBe(false);
    expect(told[0]).toEqual({ done: 0, total: content.length });
    expect(told.at(-1)).toEqual({ done: content.length, total: content.length });
  });

  test('goes on where a connection broke, as often as it does', async () => {
    const { file, outcome } = await fetchFrom((request, response, n) => {
      if (n === 5) return sendFile(request, response, content);
      // Broken when what was sent is written: what has come and was not read would be lost with the connection.
      const from = 30_000 * n;
      response.writeHead(n === 0 ? 200 : 206, { 'content-length': content.length - from });
      response.write(content.subarray(from, from + 30_000));
      written = ({ done }) => {
        if (done >= from + 30_000) response.socket?.end();
      };
    });
    expect(outcome).toBe('done');
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(server.ranges).toEqual([undefined, ...[1, 2, 3, 4, 5].map(n => `bytes=${30_000 * n}-`)]);
  });

  test('goes on from what an earlier call left', async () => {
    const { file, told, outcome } = await fetchFrom(
      (request, response) => sendFile(request, response, content),
      {
        part: content.subarray(0, 150_000),
      },
    );
    expect(outcome).toBe('done');
    expect(server.ranges).toEqual(['bytes=150000-']);
    expect(told[0]).toEqual({ done: 150_000, total: content.length });
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  test('that was whole but for its name asks for nothing more', async () => {
    const { file, outcome } = await fetchFrom((request, response) => sendFile(request, response, content), {
      part: content,
    });
    expect(outcome).toBe('done');
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  test('begins anew where a server knows no ranges', async () => {
    const { file, outcome } = await fetchFrom(
      (_, response) => response.writeHead(200, { 'content-length': content.length }).end(content),
      { part: Buffer.alloc(1_000, 'wrong') },
    );
    expect(outcome).toBe('done');
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  test('waits for a server that is overloaded', async () => {
    const { outcome } = await fetchFrom((request, response, n) =>
      n < 2 ? response.writeHead(503).end() : sendFile(request, response, content),
    );
    expect(outcome).toBe('done');
  });

  test('with a wrong checksum is thrown away, and told', async () => {
    const { file, outcome } = await fetchFrom((request, response) => sendFile(request, response, content), {
      sum: 'f'.repeat(32),
    });
    expect(outcome).toMatchObject({ kind: 'data', hint: expect.stringContaining('--from') });
    expect(outcome.message).toContain(`got \`${md5}\``);
    expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false]);
  });

  test('is given up after tries that bring nothing, and kept', async () => {
    const { file, outcome } = await fetchFrom(
      (_, response) => {
        response.destroy();
      },
      { part: content.subarray(0, 500) },
    );
    expect(outcome).toMatchObject({ kind: 'environment', hint: expect.stringContaining(`${file}.part`) });
    expect(server.ranges.length).toBe(3);
    expect(readFileSync(`${file}.part`).length).toBe(500);
  });

  test('takes silence for a broken connection', async () => {
    const { outcome } = await fetchFrom(
      (request, response, n) => {
        if (n > 0) return sendFile(request, response, content);
        response.writeHead(200, { 'content-length': content.length });
        response.write(content.subarray(0, 1000));
      },
      { silence: 100 },
    );
    expect(outcome).toBe('done');
    expect(server.ranges[1]).toBe('bytes=1000-');
  });

  test('that is not there is refused at once', async () => {
    const { outcome } = await fetchFrom((_, response) => response.writeHead(404).end());
    expect(outcome).toMatchObject({ kind: 'environment', message: expect.stringContaining('status `404`') });
    expect(server.ranges.length).toBe(1);
  });

  test('into a folder that cannot be written says so', async () => {
    server = await serve((request, response) => sendFile(request, response, content));
    const root = newFolder();
    writeFileSync(join(root, 'file'), '');
    const failure = await failureOf(
      download(`${server.url}/a`, join(root, 'file/a.tar'), md5, () => {}, patience),
    );
    expect(failure.kind).toBe('environment');
  });
});
