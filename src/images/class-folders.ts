import { classesIn, isFolder } from '../data/folder.ts';
import { Failure } from '../failure.ts';

/** So many names tell what is wrong. */
const namesShown = 10;

/**
 * Refuses splits of a data set that do not have the same classes: sorted names number them, and with others in one split
 * its labels would be shifted. A split that is not there is no other. Throws a Failure of kind 'data' that names both.
 */
export async function refuseOtherClasses(train: string, test: string): Promise<void> {
  if (!(await isFolder(train)) || !(await isFolder(test))) return;
  const [ofTrain, ofTest] = [await classesIn(train), await classesIn(test)];
  const differences = [only(ofTrain, ofTest, train), only(ofTest, ofTrain, test)].filter(text => text !== '');
  if (differences.length === 0) return;
  throw new Failure(
    'data',
    `Expected the same subfolders in ${train} and ${test}, got ${differences.join(', ')}`,
    'Their sorted names number the classes: with others in one of them its labels are shifted.',
  );
}

function only(these: readonly string[], others: readonly string[], folder: string): string {
  const known = new Set(others);
  const names = these.filter(name => !known.has(name));
  if (names.length === 0) return '';
  const shown = names.slice(0, namesShown).map(name => `\`${name}\``);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return `${shown.join(', ')}${more} only in ${folder}`;
}

/**
 * Refuses a part of ImageNet's classes, by their WordNet identifiers: they would be numbered from 0 on, and not as
 * networks have them. Throws a Failure of kind 'data'.
 */
export async function refusePartOfImagenet(folder: string, classes: number): Promise<void> {
  const names = await classesIn(folder);
  if (names.length === classes || !names.every(name => /^n\d{8}$/.test(name))) return;
  throw new Failure(
    'data',
    `Expected ${folder} to have the ${classes} classes of ImageNet, got ${names.length}`,
    'Their sorted names number the classes, so that all must be there; a network of fewer has `dataset: folder`.',
  );
}

/** Refuses a folder of more classes than the spec says. Throws a Failure of kind 'data'. */
export async function refuseMoreClasses(folder: string, classes: number): Promise<void> {
  const { length } = await classesIn(folder);
  if (length <= classes) return;
  throw new Failure(
    'data',
    `Expected ${folder} to have at most the ${classes} subfolders of \`data.classes\`, got ${length}`,
    'Each is a class: leave `data.classes` out, or move those of other classes elsewhere.',
    { setting: 'data.classes' },
  );
}
