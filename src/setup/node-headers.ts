import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder whose include/node has headers of this Node.js' major version: beside the program, as installers and the
 * archives of nodejs.org leave them, or where a distribution's package puts them. Undefined where there is none, and
 * node-gyp fetches them. What npm's setting
 * nodedir names comes first.
 */
export function nodeHeaders(): string | undefined {
  const places = [
    process.env.npm_config_nodedir,
    dirname(dirname(realpathSync(process.execPath))),
    '/usr/local',
    '/usr',
  ];
  const [major] = process.versions.node.split('.');
  return places.filter(place => place !== undefined).find(place => majorOf(place) === major);
}

function majorOf(folder: string): string | undefined {
  try {
    const header = readFileSync(join(folder, 'include', 'node', 'node_version.h'), 'utf8');
    return /#define NODE_MAJOR_VERSION (\d+)/.exec(header)?.[1];
  } catch {
    return undefined;
  }
}
