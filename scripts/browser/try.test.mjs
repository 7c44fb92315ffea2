// The page at "/", end to end on real photos.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { base, check, launch, photos, picture, widths, withPage } from "./support.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const result = "#result:not([hidden])";

async function pickSample(page, slot, name) {
  await page.click(`.sample[data-slot=${slot}][data-name="${name}"]`);
  await page.waitForSelector(`.drop[data-slot=${slot}].filled`);
}

async function register(page, name) {
  await pickSample(page, "reference", name);
  await page.click("#register");
  await page.waitForSelector("#reference-status.good");
}

async function verify(page, name) {
  await pickSample(page, "photo", name);
  await page.click("#verify:not([disabled])");
  await page.waitForSelector(`${result} svg.matches`);
}

test("a photo of the same place is accepted, another is rejected, and the page shows why", async () => {
  await withPage(browser, {}, async (page) => {
    await page.goto(base);
    assert.ok(await page.isDisabled("#verify"), "there is no reference yet");
    await register(page, "leuvenA.jpg");
    assert.match(await page.textContent("#reference-status"), /Registered · [\d,]+ points/);
    await verify(page, "leuvenB.jpg");
    assert.equal(await page.getAttribute("#result", "data-outcome"), "accepted");
    assert.equal(await page.textContent("#verdict"), "It is the same place");
    assert.match(await page.textContent("#meter-value"), /: (9\d|100)/);
    assert.ok((await page.locator("svg.matches line").count()) >= 20, "the matches are drawn");
    assert.ok((await page.locator("#tiers tbody tr").count()) >= 1);
    assert.equal(await page.locator("#stages li").count(), 4);
    assert.equal(await page.evaluate(() => document.activeElement.id), "verdict", "the focus is on the verdict");

    await page.click("summary:has-text('JSON')");
    const raw = JSON.parse(await page.textContent("#raw"));
    assert.equal(raw.response.status, 200);
    assert.ok(raw.evidence.comparison.probability >= raw.evidence.comparison.threshold);
    await page.click("summary:has-text('curl')");
    await page.click("[data-copy=curl]");
    const curl = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(curl, /img_feature[^]*participation_id=1[^]*feed_img=@leuvenB\.jpg/);

    await verify(page, "graf1.png");
    assert.equal(await page.getAttribute("#result", "data-outcome"), "rejected");
    assert.equal(await page.textContent("#verdict"), "It is not the same place");
  });
});

test("a keyword is verified in both languages", async () => {
  for (const [language, verdict, other] of [
    ["en-US", "It shows “squirrel”", "It does not show “bicycle”"],
    ["ko-KR", "‘다람쥐’ 사진입니다", "‘bicycle’ 사진이 아닙니다"],
  ]) {
    await withPage(browser, { language }, async (page) => {
      await page.goto(base);
      await page.check("input[value=keyword]", { force: true });
      assert.ok(await page.isHidden("#reference-card"));
      await pickSample(page, "photo", "squirrel_cls.jpg");
      await page.click("#verify");
      await page.waitForSelector(result);
      assert.equal(await page.textContent("#verdict"), verdict);
      assert.ok((await page.locator("#concepts li").count()) >= 1);
      await page.fill("#keyword", "bicycle");
      await page.click("#verify");
      await page.waitForFunction((other) => document.querySelector("#verdict").textContent === other, other);
    });
  }
});

test("a picked file works like a sample, and another file is explained", async () => {
  await withPage(browser, {}, async (page) => {
    await page.goto(base);
    await page.setInputFiles("#reference-file", join(photos, "box.png"));
    await page.click("#register:not([disabled])");
    await page.waitForSelector("#reference-status.good");
    const text = { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("not a photo") };
    await page.setInputFiles("#photo-file", text);
    await page.waitForFunction(() => document.querySelector("#photo-status").textContent.includes("not a photo"));
    await page.setInputFiles("#photo-file", join(photos, "box_in_scene.png"));
    await page.click("#verify:not([disabled])");
    await page.waitForSelector(`${result}[data-outcome=accepted]`);

    await page.reload();
    await page.waitForSelector(".drop[data-slot=reference].filled");
    assert.equal(await page.textContent("#reference-status"), "Registered earlier");
  });
});

test("the camera takes a photo with the reference on top", async () => {
  await withPage(browser, {}, async (page) => {
    await page.goto(base);
    await register(page, "leuvenA.jpg");
    await page.click("[data-camera=photo]");
    await page.waitForSelector("#shutter:not([disabled])");
    assert.ok(await page.isVisible("#ghost"));
    await page.focus("#ghost-opacity");
    await page.keyboard.press("End");
    assert.equal(await page.evaluate(() => document.querySelector("#ghost").style.opacity), "0.9");
    await check(page, "the camera");
    await page.click("#shutter");
    await page.waitForSelector(".drop[data-slot=photo].filled");
    await page.click("#verify:not([disabled])");
    await page.waitForSelector(`${result}[data-outcome=rejected]`);
  });
});

test("every width, both schemes and both languages", async () => {
  for (const width of widths) {
    for (const dark of [false, true]) {
      const language = dark ? "ko-KR" : "en-US";
      await withPage(browser, { width, dark, language }, async (page) => {
        await page.goto(base);
        assert.equal(await page.getAttribute("html", "lang"), dark ? "ko" : "en");
        await check(page, `the empty page at ${width}`);
        await register(page, "leuvenA.jpg");
        await verify(page, "leuvenB.jpg");
        await check(page, `the result at ${width}`);
        await picture(page, `try-${width}-${dark ? "dark" : "light"}`, true);
        await page.click(`a[hreflang=${dark ? "en" : "ko"}]`);
        assert.equal(await page.getAttribute("html", "lang"), dark ? "en" : "ko");
      });
    }
  }
});
