import { readdirSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { dirname, join } from 'node:path/posix';
import { describe, expect, it } from 'vitest';

/**
 * Which folders of src/ each folder imports, from the top down: what a user calls; what is to be done (inputs, plan) and
 * how it is carried out (execute, store); what a stage does (stages, evaluation, training); what it works on (target,
 * images); what all of these agree on (contract, spec); and below them the method and its machinery. The files that lie
 * in src/ itself are free to all and import no folder.
 */
const directions: Record<string, string[]> = {
  cli: [
    'forecast',
    'inputs',
    'execute',
    'store',
    'plan',
    'report',
    'product',
    'devices',
    'setup',
    'fetch',
    'spec',
    'catalogue',
  ],
  forecast: [
    'execute',
    'store',
    'plan',
    'target',
    'images',
    'contract',
    'devices',
    'spec',
    'nern',
    'networks',
    'engine',
    'graph',
    'files',
  ],
  inputs: ['evaluation', 'target', 'images', 'contract', 'spec', 'data', 'networks'],
  execute: [
    'store',
    'plan',
    'stages',
    'target',
    'contract',
    'devices',
    'spec',
    'engine',
    'graph',
    'files',
    'catalogue',
  ],
  store: ['plan', 'files'],
  plan: ['images', 'contract', 'spec', 'files', 'catalogue'],
  report: ['contract', 'files', 'catalogue'],
  product: [
    'inputs',
    'target',
    'devices',
    'format',
    'spec',
    'nern',
    'networks',
    'weights',
    'engine',
    'graph',
    'files',
    'catalogue',
  ],
  stages: [
    'evaluation',
    'training',
    'target',
    'images',
    'contract',
    'spec',
    'measures',
    'nern',
    'networks',
    'weights',
    'data',
    'graph',
    'files',
    'catalogue',
  ],
  evaluation: [
    'target',
    'images',
    'contract',
    'spec',
    'measures',
    'nern',
    'networks',
    'data',
    'graph',
    'catalogue',
  ],
  training: ['target', 'contract', 'spec', 'nern', 'optim', 'networks', 'data', 'graph', 'files'],
  target: [
    'images',
    'contract',
    'format',
    'spec',
    'measures',
    'nern',
    'optim',
    'networks',
    'weights',
    'data',
    'graph',
    'files',
    'catalogue',
  ],
  images: ['contract', 'spec', 'networks', 'data', 'graph', 'catalogue'],
  contract: ['spec', 'measures', 'nern', 'engine', 'graph', 'catalogue'],
  devices: ['nern', 'optim', 'networks', 'engine', 'graph', 'files', 'catalogue'],
  setup: ['engine', 'graph', 'files'],
  fetch: ['files', 'catalogue'],
  format: ['spec', 'nern', 'optim', 'weights', 'graph', 'files'],
  spec: ['catalogue'],
  measures: ['nern', 'optim', 'networks', 'graph'],
  nern: ['optim', 'networks', 'graph'],
  optim: ['graph'],
  networks: ['weights', 'graph'],
  weights: ['pickle', 'graph', 'files'],
  data: ['pickle', 'files', 'catalogue'],
  pickle: [],
  engine: ['graph', 'catalogue'],
  graph: [],
  files: [],
  catalogue: [],
};

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map(name => name.replaceAll(sep, '/'));

/** The files of src/ that a file imports, types and imports on demand included. */
const importsOf = new Map(
  sources.map(file => {
    const text = readFileSync(join('src', file), 'utf8');
    const paths = [...text.matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, path]) => path!);
    return [file, paths.map(path => join(dirname(file), path))] as const;
  }),
);

/** The top folder of a file; '' of one that lies in src/ itself. */
const folderOf = (file: string) => file.slice(0, Math.max(0, file.indexOf('/')));

describe('the folders of src/', () => {
  it('import each other in the directions above, and no others', () => {
    const found: Record<string, Set<string>> = { '': new Set() };
    for (const [file, imports] of importsOf) {
      const folder = folderOf(file);
      found[folder] ??= new Set();
      for (const other of imports.map(folderOf)) {
        if (other !== folder && other !== '') found[folder].add(other);
      }
    }
    const expected = { '': [], ...directions };
    expect(found).toEqual(
      Object.fromEntries(Object.entries(expected).map(([folder, others]) => [folder, new Set(others)])),
    );
  });

  it('let the report see what a run leaves behind, and nothing of how', () => {
    const ofReport = [...importsOf].filter(([file]) => folderOf(file) === 'report');
    const seen = ofReport.flatMap(([, imports]) => imports.filter(path => folderOf(path) === 'contract'));
    expect([...new Set(seen)]).toEqual(['contract/result.ts']);
  });
});

describe('the files of src/', () => {
  it('import each other in no circle', () => {
    const settled = new Set<string>();
    const circles: string[] = [];
    const follow = (file: string, way: string[]) => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      if (way.includes(file) || settled.has(file)) return;
      for (const next of importsOf.get(file) ?? []) follow(next, [...way, file]);
      settled.add(file);
    };
    for (const file of sources) follow(file, []);
    expect(circles).toEqual([]);
  });
});
