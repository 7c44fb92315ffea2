// The console, end to end on real photos.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, call, check, launch, picture, widths, withPage } from "./support.mjs";

let browser;
before(async () => {
  browser = await launch();
  const one = { participation_id: 1, feed_content: "hello" };
  assert.equal((await call("std_img", { participation_id: 1 }, "std_img", "leuvenA.jpg")).status, 200);
  assert.equal((await call("img_feature", one, "feed_img", "leuvenB.jpg")).status, 200);
  for (const photo of ["graf1.png", "box.png", "fruits.jpg"]) {
    assert.equal((await call("img_feature", one, "feed_img", photo)).body.data.errcode, 4);
  }
  const keyword = { ...one, classification_keyword: "자전거" };
  assert.equal((await call("classification", keyword, "feed_img", "squirrel_cls.jpg")).body.data.errcode, 3);
  // Records are written after the responses.
  for (let tries = 0; tries < 100 && (await waiting()) < 4; tries += 1) await new Promise((next) => setTimeout(next, 100));
});
after(() => browser.close());

/** Number of attempts that wait for a decision. */
async function waiting() {
  const page = await (await fetch(`${base}/console`)).text();
  return page.split('class="item"').length - 1;
}

const status = ".notice[role=status]";

test("the queue is reviewed with the keyboard alone, and a decision is undone", async () => {
  await withPage(browser, {}, async (page) => {
    const before = await waiting();
    await page.goto(`${base}/console`);
    const first = await page.getAttribute(".item[aria-current]", "href");
    await page.keyboard.press("j");
    await page.waitForURL((url) => url.pathname !== "/console");
    await page.keyboard.press("k");
    await page.waitForURL((url) => url.pathname === first);

    await page.keyboard.press("a");
    await page.waitForSelector(status);
    assert.match(await page.textContent(status), /accepted/);
    assert.equal(await waiting(), before - 1);
    const feed = await (await fetch(`${base}/console/participations/1`)).text();
    assert.match(feed, /console\/photos\/(feature|classification)_1_/);

    await page.keyboard.press("u");
    await page.waitForSelector(`${status}:has-text("undone")`);
    assert.equal(await waiting(), before);

    await page.keyboard.press("r");
    await page.waitForSelector(`${status}:has-text("stays rejected")`);
    assert.equal(await waiting(), before - 1);
    await page.goto(`${base}/console/log`);
    assert.ok((await page.locator("tbody tr").count()) >= 3);
    assert.match(await page.textContent("tbody"), /rejected → accepted/);
  });
});

/** Opens the first rejected attempt that compared places. */
async function openPair(page) {
  await page.goto(`${base}/console/attempts?kind=feature&outcome=rejected&order=oldest`);
  await page.click("tbody th a");
  await page.waitForSelector("#viewer .after img");
}

test("an appeal is the first of the queue, and its decision is its outcome", async () => {
  await withPage(browser, {}, async (page) => {
    await page.goto(`${base}/console/attempts?waiting=1&outcome=rejected&order=oldest`);
    await page.click("tbody th a");
    const request = await page.textContent(".work-head code");
    const fields = { participation_id: 1, request_id: request };
    const filed = await fetch(`${base}/appeals`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...fields, text: "This is my desk." }),
    });
    assert.equal((await filed.json()).data.state, "open");

    await page.goto(`${base}/console`);
    assert.match(await page.textContent(".item >> nth=0"), /Appeal/);
    assert.match(await page.textContent(".appeal"), /This is my desk\./);
    await check(page, "an appeal");
    await page.keyboard.press("a");
    await page.waitForSelector(`${status}:has-text("accepted")`);
    const found = await fetch(`${base}/appeals?${new URLSearchParams(fields)}`);
    assert.equal((await found.json()).data.state, "accepted");
    await page.keyboard.press("u");
    await page.waitForSelector(`${status}:has-text("undone")`);
    const again = await fetch(`${base}/appeals?${new URLSearchParams(fields)}`);
    assert.equal((await again.json()).data.state, "open");
  });
});

test("slider, blink, matches and zoom work by keyboard", async () => {
  await withPage(browser, {}, async (page) => {
    await openPair(page);
    const mode = () => page.getAttribute("#viewer", "data-mode");
    await page.keyboard.press("2");
    assert.equal(await mode(), "slider");
    const clip = () => page.evaluate(() => document.querySelector(".before").style.clipPath);
    const half = await clip();
    await page.keyboard.press("ArrowRight");
    assert.notEqual(await clip(), half, "an arrow moves the slider");
    await page.focus("#slider");
    await page.keyboard.press("Home");
    assert.match(await clip(), /100%/);

    await page.keyboard.press("3");
    assert.equal(await mode(), "blink");
    const shown = () => page.evaluate(() => document.querySelector(".before").classList.contains("away"));
    const first = await shown();
    await page.keyboard.press("3");
    assert.notEqual(await shown(), first, "the same key shows the other photo");

    await page.keyboard.press("m");
    assert.equal(await mode(), "matches");
    await page.waitForSelector("#drawn svg.matches");

    await page.keyboard.press("1");
    await page.keyboard.press("+");
    const transforms = () =>
      page.evaluate(() => [...document.querySelectorAll("#stage img")].map((image) => image.style.transform));
    const [one, other] = await transforms();
    assert.match(one, /scale\(1\.5\)/);
    assert.equal(one, other, "both photos zoom together");
    await page.keyboard.press("ArrowRight");
    const [moved, also] = await transforms();
    assert.notEqual(moved, one);
    assert.equal(moved, also, "and move together");
    await page.keyboard.press("0");
    assert.match((await transforms())[0], /scale\(1\)/);
  });
});

test("shortcuts can be switched off, and never act while somebody types", async () => {
  await withPage(browser, {}, async (page) => {
    await openPair(page);
    await page.focus("select[name=reason] >> nth=0").catch(() => {});
    await page.keyboard.press("2");
    if (await page.locator("select[name=reason]").count()) {
      assert.equal(await page.getAttribute("#viewer", "data-mode"), "side");
    }
    await page.evaluate(() => document.activeElement.blur());
    await page.click("#shortcut-switch");
    assert.equal(await page.getAttribute("#shortcut-switch", "aria-pressed"), "false");
    await page.keyboard.press("2");
    assert.equal(await page.getAttribute("#viewer", "data-mode"), "side");
    assert.ok(await page.isHidden("kbd >> nth=0"), "the hints are gone too");
    await page.reload();
    assert.equal(await page.getAttribute("#shortcut-switch", "aria-pressed"), "false", "the choice is kept");
    await page.click("#shortcut-switch");
  });
});

test("filters and order are in the URL and survive the switch of the language", async () => {
  await withPage(browser, {}, async (page) => {
    await page.goto(`${base}/console/attempts`);
    const all = await page.locator("tbody tr").count();
    await page.selectOption("select[name=outcome]", "rejected");
    await page.selectOption("select[name=kind]", "keyword");
    await page.selectOption("select[name=order]", "oldest");
    await page.click("button[type=submit] >> text=Apply");
    await page.waitForURL(/outcome=rejected/);
    const url = new URL(page.url());
    assert.equal(url.searchParams.get("kind"), "keyword");
    assert.equal(url.searchParams.get("order"), "oldest");
    const filtered = await page.locator("tbody tr").count();
    assert.ok(filtered >= 1 && filtered < all, `${filtered} of ${all}`);
    await page.click("a[hreflang=ko]");
    await page.waitForURL(/lang=ko/);
    assert.equal(await page.getAttribute("html", "lang"), "ko");
    assert.equal(new URL(page.url()).searchParams.get("kind"), "keyword");
    assert.equal(await page.locator("tbody tr").count(), filtered);
    await page.goBack();
    assert.equal(await page.inputValue("select[name=kind]"), "keyword");
  });
});

test("a form of another site is rejected", async () => {
  const body = new URLSearchParams({ decision: "accept", reason: "shows_it", token: "0".repeat(64) });
  const response = await fetch(`${base}/console/attempts/2/decision`, { method: "POST", body, redirect: "manual" });
  assert.equal(response.headers.get("location"), "/console/attempts/2?problem=expired");
});

test("every page, width, scheme and language", async () => {
  const pages = ["", "/attempts", "/attempts?kind=keyword", "/statistics", "/participations", "/participations/1", "/log", "/webhooks"];
  for (const width of widths) {
    for (const dark of [false, true]) {
      const language = dark ? "ko-KR" : "en-US";
      await withPage(browser, { width, dark, language }, async (page) => {
        for (const path of pages) {
          await page.goto(`${base}/console${path}`);
          assert.equal(await page.getAttribute("html", "lang"), dark ? "ko" : "en");
          await check(page, `/console${path} at ${width}`);
          const name = path.replaceAll(/[^a-z]+/g, "-").replace(/^-/, "") || "queue";
          await picture(page, `console-${name}-${width}-${dark ? "dark" : "light"}`);
        }
        await openPair(page);
        await check(page, `an attempt at ${width}`);
        await picture(page, `console-pair-${width}-${dark ? "dark" : "light"}`);
        await page.keyboard.press("m");
        await page.waitForSelector("#drawn svg.matches");
        await check(page, `matches at ${width}`);
      });
    }
  }
});
