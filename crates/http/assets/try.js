// The page at "/": pick, drop or take photos, send them, and show what was found.
"use strict";

(() => {
  const root = document.getElementById("try");
  const get = (id) => document.getElementById(id);
  const texts = JSON.parse(get("texts").textContent);
  const say = (key, ...values) => values.reduce((text, value, index) => text.replace(`{${index}}`, value), texts[key]);
  const needsCredential = root.dataset.credential === "true";
  const number = new Intl.NumberFormat(root.dataset.lang);

  /** The chosen photos. `url` is one of the browser for showing the photo. */
  const slots = { reference: null, photo: null };

  const mode = () => document.querySelector("input[name=mode]:checked").value;
  const participation = () => get("participation").value.trim();
  const credential = () => (needsCredential ? get("credential").value.trim() : "");
  const headers = () => (credential() ? { authorization: `Bearer ${credential()}` } : {});

  // --- Photos -----------------------------------------------------------------------------------------------------

  async function choose(name, blob, fileName) {
    const status = get(`${name}-status`);
    status.textContent = "";
    if (blob.size > Number(root.dataset.maxBytes)) return void (status.textContent = say("tooLarge"));
    const url = URL.createObjectURL(blob);
    try {
      await Draw.load(url);
    } catch {
      URL.revokeObjectURL(url);
      return void (status.textContent = say("notPhoto"));
    }
    slots[name] = { blob, url, fileName };
    show(name);
    update();
  }

  function show(name) {
    const drop = document.querySelector(`.drop[data-slot=${name}]`);
    const preview = drop.querySelector(".preview");
    preview.src = slots[name].url;
    preview.alt = texts[`${name}Alt`];
    preview.hidden = false;
    drop.classList.add("filled");
  }

  function update() {
    const keyword = mode() === "keyword";
    root.classList.toggle("by-keyword", keyword);
    get("reference-card").hidden = keyword;
    get("photo-number").textContent = keyword ? "1" : "2";
    document.querySelector(".keyword-field").hidden = !keyword;
    for (const sample of document.querySelectorAll(".sample[data-slot=photo]")) {
      sample.hidden = Boolean(sample.dataset.keyword) !== keyword;
    }
    get("register").disabled = !slots.reference?.blob;
    get("verify").disabled = !slots.photo || (!keyword && !slots.reference?.registered);
  }

  for (const drop of document.querySelectorAll(".drop")) {
    const name = drop.dataset.slot;
    const input = drop.querySelector(".file");
    input.addEventListener("change", () => input.files[0] && choose(name, input.files[0], input.files[0].name));
    for (const event of ["dragenter", "dragover"]) {
      drop.addEventListener(event, (dragged) => {
        dragged.preventDefault();
        drop.classList.add("over");
      });
    }
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (dropped) => {
      dropped.preventDefault();
      drop.classList.remove("over");
      const file = dropped.dataTransfer.files[0];
      if (file) choose(name, file, file.name);
    });
  }

  for (const sample of document.querySelectorAll(".sample")) {
    sample.addEventListener("click", async () => {
      const response = await fetch(sample.querySelector("img").src);
      if (sample.dataset.keyword) get("keyword").value = sample.dataset.keyword;
      await choose(sample.dataset.slot, await response.blob(), sample.dataset.name);
    });
  }

  /** Shows the reference that the participation already has. */
  async function existingReference() {
    if (slots.reference?.blob || !/^[1-9][0-9]*$/.test(participation())) return;
    if (needsCredential && !credential()) return;
    const asked = participation();
    const response = await fetch(`/try/reference/${asked}`, { headers: headers() }).catch(() => null);
    if (!response || response.status !== 200 || slots.reference?.blob || asked !== participation()) return;
    const url = URL.createObjectURL(await response.blob());
    slots.reference = { blob: null, url, registered: true };
    show("reference");
    get("reference-status").textContent = say("existing");
    update();
  }

  // --- Camera -----------------------------------------------------------------------------------------------------

  const camera = get("camera");
  let stream = null;
  let cameraSlot = "photo";

  async function openCamera(name) {
    cameraSlot = name;
    const ghost = name === "photo" && mode() === "scene" && slots.reference;
    get("ghost").hidden = get("ghost-control").hidden = !ghost;
    if (ghost) get("ghost").src = slots.reference.url;
    fade();
    get("camera-error").hidden = true;
    get("shutter").disabled = true;
    camera.showModal();
    try {
      if (!navigator.mediaDevices) throw new Error("HTTPS");
      const video = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1440 } };
      stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      get("video").srcObject = stream;
      await get("video").play();
      get("shutter").disabled = false;
      get("shutter").focus();
    } catch (error) {
      get("camera-error").textContent = say("noCamera", error.message);
      get("camera-error").hidden = false;
    }
  }

  const fade = () => get("ghost").style.setProperty("opacity", get("ghost-opacity").value / 100);

  for (const button of document.querySelectorAll("[data-camera]")) {
    button.addEventListener("click", () => openCamera(button.dataset.camera));
  }
  get("ghost-opacity").addEventListener("input", fade);
  get("camera-close").addEventListener("click", () => camera.close());
  camera.addEventListener("close", () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
  });
  get("shutter").addEventListener("click", () => {
    const video = get("video");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      camera.close();
      if (blob) choose(cameraSlot, blob, "camera.jpg");
    }, "image/jpeg", 0.92);
  });

  // --- Calls ------------------------------------------------------------------------------------------------------

  /** The fields of a call, except its photo. */
  function fieldsOf(route) {
    const fields = { participation_id: participation() };
    if (route !== "std_img") fields.feed_content = say("hello");
    if (route === "classification") fields.classification_keyword = get("keyword").value;
    return fields;
  }

  async function call(route, slot, button, status) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fieldsOf(route))) form.append(name, value);
    form.append(route === "std_img" ? "std_img" : "feed_img", slots[slot].blob, slots[slot].fileName);
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    status.textContent = say("working");
    hideResult();
    const begun = performance.now();
    try {
      const url = `/try/${route}${location.search}`;
      const response = await fetch(url, { method: "POST", body: form, headers: headers() });
      const tried = await response.json();
      if (!tried.evidence) throw new Error(JSON.stringify(tried));
      status.textContent = "";
      return { ...tried, took: performance.now() - begun, route, slot };
    } catch {
      status.textContent = say("network");
      return null;
    } finally {
      button.removeAttribute("aria-busy");
      update();
    }
  }

  get("register").addEventListener("click", async () => {
    const status = get("reference-status");
    const tried = await call("std_img", "reference", get("register"), status);
    if (!tried) return;
    slots.reference.registered = tried.status === 200;
    const found = tried.evidence.reference;
    const issues = (found?.issues ?? []).map((issue) => texts.issues[issue] ?? issue);
    const notes = found ? [say("points_found", number.format(found.points)), ...issues].join(" · ") : "";
    status.textContent = tried.status === 200 ? `${say("registered")} · ${notes}` : "";
    status.classList.toggle("good", tried.status === 200);
    if (tried.status === 200) hideResult();
    else report(tried, notes);
    update();
  });

  get("verify").addEventListener("click", async () => {
    const route = mode() === "keyword" ? "classification" : "img_feature";
    const tried = await call(route, "photo", get("verify"), get("photo-status"));
    if (tried) report(tried, "");
  });

  // --- Result -----------------------------------------------------------------------------------------------------

  /** The verdict about the photo in words; null if there is none. */
  function verdict({ status, evidence, route }) {
    if (evidence.comparison) return say(evidence.comparison.same_scene ? "samePlace" : "otherPlace");
    if (route === "classification" && evidence.concepts && status < 500) {
      return say(status === 200 ? "showsIt" : "showsNothing", get("keyword").value);
    }
    return null;
  }

  const hideResult = () => (get("result").hidden = true);

  function report(tried, notes) {
    const { status, evidence } = tried;
    const outcome = status === 200 ? "accepted" : status < 500 ? "rejected" : "failed";
    const result = get("result");
    result.hidden = false;
    result.dataset.outcome = outcome;
    const refused = tried.route === "std_img" ? "notRegistered" : outcome;
    get("verdict").textContent = verdict(tried) ?? say(outcome === "rejected" ? refused : outcome);
    get("meaning").textContent = notes ? `${tried.meaning} ${notes}` : tried.meaning;
    get("took").textContent = say("total", number.format(Math.round(tried.took)));
    comparison(evidence.comparison);
    concepts(evidence);
    bars(get("stages"), evidence.stages.map(({ name, milliseconds }) => ({
      label: texts.stages[name] ?? name, value: milliseconds, text: `${number.format(milliseconds)} ms`,
    })));
    get("stages-block").hidden = evidence.stages.length === 0;
    get("raw").textContent = JSON.stringify({ response: tried.response, evidence }, null, 1);
    get("curl").textContent = curl(tried.route, tried.slot);
    result.scrollIntoView({ behavior: reducedMotion() ? "auto" : "smooth", block: "start" });
    get("verdict").focus({ preventScroll: true });
  }

  const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  function comparison(found) {
    for (const id of ["meter-block", "drawing-block", "tiers-block"]) get(id).hidden = !found;
    if (!found) return;
    const percent = (share) => `${(share * 100).toFixed(share > 0.0995 && share < 0.995 ? 0 : 1)} %`;
    const [value, threshold] = [percent(found.probability), say("threshold", percent(found.threshold))];
    get("meter-value").textContent = `${say("probability")}: ${value}`;
    get("meter-threshold").textContent = threshold;
    Draw.meter(get("meter"), found.probability, found.threshold, `${value}, ${threshold}`);
    const inliers = Math.max(0, ...found.tiers.map((tier) => tier.inliers));
    const caption = found.matches.length ? say("drawing", number.format(inliers)) : say("noMatches");
    get("drawing-caption").textContent = caption;
    Draw.matches(get("drawing"), slots.reference.url, slots.photo.url, found.matches, caption);
    tiers(found.tiers);
  }

  function tiers(list) {
    const row = (cells, tag) => {
      const line = document.createElement("tr");
      for (const [index, cell] of cells.entries()) {
        const made = document.createElement(tag === "th" || index === 0 ? "th" : "td");
        if (made.tagName === "TH") made.scope = tag === "th" ? "col" : "row";
        made.textContent = cell;
        line.append(made);
      }
      return line;
    };
    const [head, body] = [document.createElement("thead"), document.createElement("tbody")];
    head.append(row(["tier", "points", "pairs", "agree", "confirmed", "time"].map((key) => texts[key]), "th"));
    for (const tier of list) {
      const line = row([
        tier.name,
        `${number.format(tier.reference_points)} / ${number.format(tier.photo_points)}`,
        number.format(tier.matches), number.format(tier.inliers), number.format(tier.confirmed),
        `${number.format(tier.milliseconds ?? 0)} ms`,
      ], "td");
      if (tier === list.at(-1)) {
        const chip = document.createElement("span");
        [chip.className, chip.textContent] = ["chip", texts.decided];
        line.firstChild.append(" ", chip);
      }
      body.append(line);
    }
    get("tiers").replaceChildren(head, body);
  }

  function concepts({ concepts: list, keyword_certainty: sought }) {
    get("concepts-block").hidden = !list;
    if (!list) return;
    const all = sought === null ? list : [{ name: get("keyword").value, certainty: sought, sought: true }, ...list];
    const shown = all.slice(0, 10).map(({ name, certainty, sought }) => ({
      label: name, value: certainty, text: `${(certainty * 100).toFixed(0)} %`, sought,
    }));
    bars(get("concepts"), shown.length ? shown : [{ label: texts.nothing, value: 0, text: "" }], 1);
  }

  function bars(list, entries, maximum) {
    const most = maximum ?? Math.max(1e-9, ...entries.map((entry) => entry.value));
    list.replaceChildren(...entries.map(({ label, value, text, sought }) => {
      const item = document.createElement("li");
      if (sought) item.className = "sought";
      const [name, bar, figure] = ["span", "span", "span"].map((tag) => document.createElement(tag));
      [name.className, bar.className, figure.className] = ["bar-name", "bar", "bar-figure"];
      [name.textContent, figure.textContent] = [label, text];
      bar.append(document.createElement("span"));
      bar.firstChild.style.setProperty("inline-size", `${(100 * value) / most}%`);
      item.append(name, bar, figure);
      return item;
    }));
  }

  function curl(route, slot) {
    const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
    const file = slots[slot].fileName;
    const lines = [`curl ${location.origin}/${route}`];
    if (needsCredential) lines.push('-H "authorization: Bearer $INJEUNG_KEY"');
    for (const [name, value] of Object.entries(fieldsOf(route))) lines.push(`-F ${quoted(`${name}=${value}`)}`);
    lines.push(`-F ${quoted(`${route === "std_img" ? "std_img" : "feed_img"}=@${file}`)}`);
    return lines.join(" \\\n  ");
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    const label = button.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(get(button.dataset.copy).textContent).catch(() => {});
      button.textContent = say("copied");
      setTimeout(() => (button.textContent = label), 1500);
    });
  }

  for (const radio of document.querySelectorAll("input[name=mode]")) radio.addEventListener("change", () => {
    hideResult();
    update();
  });
  get("options").addEventListener("submit", (event) => event.preventDefault());
  get("participation").addEventListener("change", () => {
    if (slots.reference) slots.reference.registered = false;
    update();
    existingReference();
  });
  get("credential")?.addEventListener("change", existingReference);
  update();
  existingReference();
})();
