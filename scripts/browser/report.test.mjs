// The report of `injeung eval --report`, opened as a file.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { check, launch, picture, widths, withPage } from "./support.mjs";

const report = process.env.INJEUNG_REPORT;
assert.ok(report, "INJEUNG_REPORT is the file of a report");

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test("the report needs nothing but its file", async () => {
  for (const width of widths) {
    for (const dark of [false, true]) {
      await withPage(browser, { width, dark, own: "null" }, async (page) => {
        await page.goto(pathToFileURL(report).href);
        assert.ok((await page.locator("svg").count()) >= 3, "charts");
        const images = await page.locator("img").evaluateAll((all) => all.map((image) => image.naturalWidth));
        assert.ok(images.length > 0 && images.every((wide) => wide > 0), "pictures of pairs");
        await check(page, `the report at ${width}`);
        await picture(page, `report-${width}-${dark ? "dark" : "light"}`);
      });
    }
  }
});
