// Shared parts of the browser tests: the browser, and checks that every page must pass.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Address of the service under test. */
export const base = process.env.INJEUNG_ADDRESS;
assert.ok(base, "INJEUNG_ADDRESS is the address of the service under test");

/** Folder of Debian's sample photos. */
export const photos = process.env.INJEUNG_PHOTOS;

const pictures = process.env.INJEUNG_PICTURES;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const widths = [390, 768, 1440];

export async function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // The camera of these flags shows a moving test picture.
    args: ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
  });
}

/**
 * Runs `use` with a new page, and fails if the page logs an error or sends a request to another host.
 */
export async function withPage(browser, options, use) {
  const { width = 1440, dark = false, language = "en-US", own = base } = options;
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: dark ? "dark" : "light",
    locale: language,
    reducedMotion: "reduce",
    permissions: ["camera", "clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const problems = [];
  // Rejections are responses with the status 400, which the browser logs too.
  const expected = /status of 40[019]/;
  page.on("console", (message) => {
    if (message.type() === "error" && !expected.test(message.text())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "blob:" && url.origin !== own) problems.push(`request to ${url}`);
  });
  try {
    const result = await use(page);
    assert.deepEqual(problems, []);
    return result;
  } finally {
    await context.close();
  }
}

/** Fails if the page scrolls sideways, or axe finds something serious. */
export async function check(page, what) {
  const [inner, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
  assert.ok(whole <= inner, `${what} is ${whole} pixels wide in a window of ${inner}`);
  // The content security policy forbids injected scripts, and evaluation is exempt from it.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const found = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n")}`);
  assert.deepEqual(found, [], what);
}

/** Takes a picture of the window, if the run has a folder for pictures. */
export async function picture(page, name, whole = false) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(150);
  await page.screenshot({ path: join(pictures, `${name}.jpg`), type: "jpeg", quality: 60, fullPage: whole });
}

/** Sends a call as an app does. */
export async function call(route, fields, field, file) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append(field, new Blob([readFileSync(join(photos, file))]), file);
  const response = await fetch(`${base}/${route}`, { method: "POST", body: form });
  return { status: response.status, body: await response.json() };
}
