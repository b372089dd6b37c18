import type { TestProject } from 'vitest/node';
import { unpackBrowser } from './browser.ts';
import type { Demo } from './demo.ts';
import { startStack } from './stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What the running stack serves, as its demo.json says. */
    demo: Demo;
    /** Its data folder. */
    dataDir: string;
  }
}

/** One stack for all tests that speak to the whole; no morning, so that nothing texts but them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Here, once, and not in the first tests that need it, each for itself and while their clocks run.
  await unpackBrowser();
  const stack = await startStack({ args: ['--no-morning'] });
  project.provide('demo', stack.demo);
  project.provide('dataDir', stack.dataDir);
  return () => stack.stop();
}
