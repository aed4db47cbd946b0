import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEventLog } from '../../src/execute/event-log.ts';
import { newFolder } from '../support/files.ts';

it.each([
  ['', 0],
  ['{"type":"sweep-stopping","reason":"a"}\n', 0],
  ['{"type":"sweep-stop', 1],
  ['{"type":"sweep-stopping","reason":"a"}', 0],
])('an event after `%s` has a line of its own', (before, torn) => {
  const folder = newFolder();
  const file = join(folder, 'events.jsonl');
  writeFileSync(file, before);
  const [log, other] = [openEventLog(folder), openEventLog(folder)];
  log.record({ type: 'sweep-stopping', reason: 'first' });
  // Another runner that found no room for all of its line.
  writeFileSync(file, '{"ti', { flag: 'a' });
  log.record({ type: 'sweep-stopping', reason: 'second' });
  other.record({ type: 'sweep-stopping', reason: 'third' });
  log.close();
  other.close();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const whole = lines.flatMap(line => {
    try {
      return [JSON.parse(line).reason];
    } catch {
      return [];
    }
  });
  expect(whole.slice(-3)).toEqual(['first', 'second', 'third']);
  expect(lines.length - whole.length).toBe(torn + 1);
});
