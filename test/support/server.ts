import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine, and what was asked of it. */
export interface TestServer {
  readonly url: string;
  /** The `range` header of each request. */
  readonly ranges: (string | undefined)[];
  close(): Promise<void>;
}

/** Starts a server that answers as it is told, the `n`th request with `n` from 0 on. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, n: number) => void,
): Promise<TestServer> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, ranges.length - 1);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ranges,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with the file, or the part of it that is asked for; breaks the connection after `bytes` of it. */
export function sendFile(
  { headers }: IncomingMessage,
  response: ServerResponse,
  file: Buffer,
  bytes = Number.POSITIVE_INFINITY,
): void {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  if (from >= file.length) {
    response.writeHead(416).end();
    return;
  }
  const rest = file.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': rest.length,
    ...(from > 0 ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {}),
  });
  if (bytes >= rest.length) response.end(rest);
  else response.write(rest.subarray(0, bytes), () => response.socket?.end());
}
