import { join } from 'node:path';

/** Where a stage keeps what it needs to go on after it was stopped, until its object is written. */
export const workFolder = (store: string, key: string) => join(store, 'work', key);
