import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser } from 'playwright-core';

/** A headless browser out of the npm package: nothing has to be installed on the machine. */
export async function openBrowser(): Promise<Browser> {
  // In one process the browser would die with its first closed context; and pages are held to the web's rules here.
  const args = chromium.args.filter((arg) => !['--single-process', '--disable-web-security'].includes(arg));
  return playwright.launch({ executablePath: await unpackBrowser(), args, headless: true });
}

const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/campusline/chromium', import.meta.url));

/**
 * The browser, unpacked once for each checkout. The package would unpack it as /tmp/chromium, where one user's is in
 * the way of the next, anyone could put another program, and of two tests one may start what the other still writes.
 * @returns the program's path
 */
export async function unpackBrowser(): Promise<string> {
  const program = join(FOLDER, 'chromium');
  if (existsSync(program)) return program;
  const draft = `${FOLDER}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  const { TMPDIR } = process.env;
  try {
    process.env['TMPDIR'] = draft;
    await chromium.executablePath();
    await rename(draft, FOLDER).catch((error: unknown) => {
      // Another process was quicker.
      if (!existsSync(program)) throw error;
    });
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
    await rm(draft, { recursive: true, force: true });
  }
  return program;
}
