import { afterEach, describe, expect, it, vi } from 'vitest';
import { nodeHeaders } from '../../src/setup/node-headers.ts';
import { newFolder } from '../support/files.ts';

const [major] = process.versions.node.split('.');
const headersOf = (version: string) =>
  newFolder({ 'include/node/node_version.h': `#define NODE_MAJOR_VERSION ${version}\n` });

describe("Node.js' headers", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("are those that npm's setting names, if they are of this version", () => {
    const folder = headersOf(major!);
    vi.stubEnv('npm_config_nodedir', folder);
    expect(nodeHeaders()).toBe(folder);
  });

  it('of another version are passed over', () => {
    const folder = headersOf(`${Number(major) + 1}`);
    vi.stubEnv('npm_config_nodedir', folder);
    expect(nodeHeaders()).not.toBe(folder);
  });
});
