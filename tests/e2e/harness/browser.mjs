// Chromium, and windows in it that are the sandbox's fake clients.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { refuseWebAssembly } from "./engine.mjs";

/** The same engine without a desktop browser around it, for a third of the work. */
const SHELL = "/usr/bin/chromium-headless-shell";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function program(keepsPages) {
  const { CHROMIUM, CHROMIUM_SHELL } = process.env;
  const named = keepsPages ? CHROMIUM : (CHROMIUM_SHELL ?? CHROMIUM);
  const places = keepsPages ? PLACES : [SHELL, ...PLACES];
  return named ?? places.find((place) => existsSync(place));
}

/**
 * Launches it. CHROMIUM names another program than those looked for; CHROMIUM_SHELL one that is
 * preferred to it.
 *
 * - `keepsPages`: it keeps pages that are left, and shows them again on "back" (bfcache), as phones
 *   do. The shell cannot.
 */
export async function startBrowser({ keepsPages = false } = {}) {
  const executablePath = program(keepsPages);
  if (!executablePath) throw new Error("no Chromium found: set CHROMIUM to the program");
  const ignoreDefaultArgs = keepsPages ? ["--disable-back-forward-cache"] : [];
  return chromium.launch({ executablePath, args: QUIET, ignoreDefaultArgs });
}

const SCREEN = {
  wechat: { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true },
  phone: { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1200, height: 800 } },
};

/** A fresh browser profile on this client's device. */
export async function newProfile(browser, addresses, client) {
  const profile = await browser.newContext({
    ...SCREEN[client],
    locale: "zh-CN",
    baseURL: addresses[client],
  });
  profile.setDefaultTimeout(10_000);
  await refuseWebAssembly(profile);
  return profile;
}

/**
 * A new window at the shop, as the profile's client sees it. Storage that belongs to a window is
 * empty. `errors` holds what its pages threw and nobody caught.
 */
export async function openWindow(profile, path) {
  const page = await profile.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error));
  await page.goto(path);
  return { page, errors };
}
