// The pages of a service whose users need a credential.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { check, launch, picture, withPage } from "./support.mjs";

const base = process.env.INJEUNG_CLOSED_ADDRESS;
const options = { own: base };

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test("an operator logs in by pasting a key, and out again", async () => {
  await withPage(browser, options, async (page) => {
    await page.goto(`${base}/console/attempts?kind=keyword`);
    await page.waitForURL(/login/);
    await check(page, "the log-in");
    await picture(page, "login-1440-light");
    await page.fill("input[name=key]", process.env.INJEUNG_VERIFY_KEY);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#login-error");
    await check(page, "the rejected log-in");

    await page.fill("input[name=key]", process.env.INJEUNG_CONSOLE_KEY);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${base}/console/attempts?kind=keyword`);
    const [cookie] = await page.context().cookies(`${base}/console`).then((all) => all.filter((one) => one.httpOnly));
    assert.equal(cookie.sameSite, "Strict");
    assert.ok(!cookie.value.includes(process.env.INJEUNG_CONSOLE_KEY));

    await page.click("button:has-text('Log out')");
    await page.waitForURL(/login/);
    await page.goto(`${base}/console`);
    await page.waitForURL(/login/);
  });
});

test("the try page sends the credential that its user pastes", async () => {
  await withPage(browser, options, async (page) => {
    await page.goto(base);
    await check(page, "the try page with a credential");
    await page.click('.sample[data-slot=reference][data-name="leuvenA.jpg"]');
    await page.click("#register:not([disabled])");
    await page.waitForSelector("#result[data-outcome=rejected]");
    assert.match(await page.textContent("#meaning"), /credential is missing or invalid/);
    await page.fill("#credential", process.env.INJEUNG_VERIFY_KEY);
    await page.click("#register:not([disabled])");
    await page.waitForSelector("#reference-status.good");
    await page.click('.sample[data-slot=photo][data-name="leuvenB.jpg"]');
    await page.click("#verify:not([disabled])");
    await page.waitForSelector("#result[data-outcome=accepted]");
    assert.match(await page.textContent("#curl"), /authorization: Bearer \$INJEUNG_KEY/);
  });
});
