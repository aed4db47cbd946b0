// Thousands of mutants of small files of each reader: npx tsx test/fuzz/long.ts [mutants of each] [first] [reader]
import { fuzz } from './fuzz.ts';
import { readers } from './readers.ts';

const [mutants = '5000', first = '0', only = ''] = process.argv.slice(2);

for (const reader of readers.filter(({ name }) => name.includes(only))) {
  const { refused, read, wrong } = await fuzz(reader, Number(mutants), Number(first));
  process.stdout.write(
    `${reader.name}: ${mutants} mutants, ${refused} refused, ${read} read, ${wrong.length} wrong\n`,
  );
  for (const one of wrong.slice(0, 20)) process.stdout.write(`  ${one}\n`);
  if (wrong.length > 0) process.exitCode = 1;
}
process.stdout.write(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB\n`);
