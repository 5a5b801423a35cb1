/** A real browser without a display, if there is one. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** The browser's path; MIG_CHROMIUM names another. */
export const CHROMIUM = process.env['MIG_CHROMIUM'] ?? '/usr/bin/chromium';

export function hasChromium(): boolean {
  if (existsSync(CHROMIUM)) return true;
  console.warn(
    `no browser at ${CHROMIUM}: reports are not looked at (install chromium, or set MIG_CHROMIUM)`,
  );
  return false;
}

/** Opens a browser with a profile of its own, which is removed with it. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
