// Registers a reference photo, verifies a matching photo, and checks that another photo is rejected.
//
//   npm ci && npm run generate && npm run build
//   npm start -- ADDRESS REFERENCE MATCHING OTHER
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/schema.js";

const [address, reference, matching, other] = process.argv.slice(2);
if (!address || !reference || !matching || !other) {
  throw new Error("usage: npm start -- ADDRESS REFERENCE MATCHING OTHER");
}

// With `auth.required`, add `headers: { Authorization: "Bearer ..." }`.
const client = createClient<paths>({ baseUrl: address });
const base64 = async (file: string) => (await readFile(file)).toString("base64");

// A retry of the request has the same key, so it is stored once.
const params = () => ({ header: { "Idempotency-Key": randomUUID() } });

const registered = await client.POST("/std_img", {
  params: params(),
  body: { participation_id: 1, std_img: await base64(reference) },
});
expect(registered.response.status, 200, registered.error);

async function verify(file: string) {
  return client.POST("/img_feature", {
    params: params(),
    body: { participation_id: 1, feed_img: await base64(file), feed_content: "TypeScript" },
  });
}
const accepted = await verify(matching);
expect(accepted.response.status, 200, accepted.error);
console.log(accepted.data?.data.message);

const rejected = await verify(other);
expect(rejected.response.status, 400, rejected.error);
expect(rejected.error?.data.errcode, 4, rejected.error);
console.log(rejected.error?.data.message);

function expect(found: unknown, wanted: unknown, error?: components["schemas"]["Failure"]) {
  if (found !== wanted) {
    throw new Error(`expected ${wanted}, found ${found}: ${JSON.stringify(error)}`);
  }
}
