/** Imported into a process under measure: at SIGUSR2 it writes its live memory, in bytes, to the file LIVE_MEMORY. */
import { renameSync, writeFileSync } from 'node:fs';
import { liveMemory } from './live-memory.ts';

const file = process.env['LIVE_MEMORY']!;
process.on('SIGUSR2', () => {
  void liveMemory().then((bytes) => {
    writeFileSync(`${file}.new`, String(bytes));
    renameSync(`${file}.new`, file);
  });
});
