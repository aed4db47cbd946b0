import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The folders of packages in a Python environment's folder: lib/python3.12/site-packages and where else they lie. */
export function packageFolders(environment: string): string[] {
  return ['lib', 'lib64', join('local', 'lib')].flatMap(lib =>
    namesIn(join(environment, lib))
      .filter(name => /^python3[\d.]*$/.test(name))
      .flatMap(python => ['site-packages', 'dist-packages'].map(name => join(environment, lib, python, name)))
      .filter(folder => existsSync(folder)),
  );
}

/** The sorted names in a folder; none where there is no folder. */
export function namesIn(folder: string): string[] {
  return existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).sort() : [];
}
