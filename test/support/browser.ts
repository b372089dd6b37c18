import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser } from 'playwright-core';

/** A headless browser out of the npm package: nothing has to be installed on the machine. */
export async function openBrowser(): Promise<Browser> {
  // In one process the browser would die with its first closed context; and pages are held to the web's rules here.
  const args = chromium.args.filter((arg) => !['--single-process', '--disable-web-security'].includes(arg));
  return playwright.launch({ executablePath: await chromium.executablePath(), args, headless: true });
}
