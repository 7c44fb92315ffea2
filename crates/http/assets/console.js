// The console: shortcuts, and the view of both photos.
"use strict";

(() => {
  const get = (id) => document.getElementById(id);

  // --- Shortcuts. A single key presses the control that has it as `data-key`. -------------------------------------

  const KEPT = "injeung-shortcuts";
  let isOn = localStorage.getItem(KEPT) !== "off";

  function showSwitch() {
    const button = get("shortcut-switch");
    document.body.classList.toggle("no-shortcuts", !isOn);
    if (!button) return;
    const state = button.querySelector(".switch-state");
    button.hidden = false;
    button.setAttribute("aria-pressed", String(isOn));
    state.textContent = isOn ? state.dataset.on : state.dataset.off;
  }

  get("shortcut-switch")?.addEventListener("click", () => {
    isOn = !isOn;
    localStorage.setItem(KEPT, isOn ? "on" : "off");
    showSwitch();
  });
  showSwitch();

  const isTyping = (target) => target.closest("input:not([type=range]), select, textarea, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (!isOn || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    const key = event.key.toLowerCase();
    if (viewer?.key(event)) return void event.preventDefault();
    const control = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!control) return;
    event.preventDefault();
    control.click();
  });

  // A decision is sent once, however often its key is pressed.
  for (const form of document.querySelectorAll("form.decision, form.inline")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "true";
    });
  }

  // --- Photos -----------------------------------------------------------------------------------------------------

  const viewer = get("viewer") && openViewer(get("viewer"));

  function openViewer(root) {
    const stage = get("stage");
    const [before, after] = [stage.querySelector(".before"), stage.querySelector(".after")];
    const images = [...stage.querySelectorAll("img")];
    const slider = get("slider");
    const modes = [...document.querySelectorAll(".toolbar [data-mode]")];
    let zoom = 1;
    let place = [0, 0];
    let isDrawn = false;

    /** Applies one zoom and one place to both photos. */
    function move() {
      const most = ((zoom - 1) / (2 * zoom)) * 100;
      place = place.map((share) => Math.max(-most, Math.min(most, share)));
      const [x, y] = place;
      for (const target of [...images, ...get("drawn").querySelectorAll("svg")]) {
        target.style.setProperty("transform", `scale(${zoom}) translate(${x}%, ${y}%)`);
      }
      root.classList.toggle("zoomed", zoom > 1);
    }

    function slide() {
      if (!slider) return;
      const share = Number(slider.value);
      const inset = root.dataset.mode === "slider" ? `inset(0 ${100 - share}% 0 0)` : "none";
      before.style.setProperty("clip-path", inset);
      slider.setAttribute("aria-valuetext", `${share} %`);
    }

    async function show(mode) {
      // A second press of "blink" shows the other photo.
      if (mode === "blink" && root.dataset.mode === "blink") return flip();
      root.dataset.mode = mode;
      for (const button of modes) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
      get("slider-control").hidden = mode !== "slider";
      stage.hidden = mode === "matches";
      get("drawn").hidden = mode !== "matches";
      for (const pane of [before, after]) pane.classList.remove("away");
      if (mode === "blink") before.classList.add("away");
      slide();
      if (mode === "matches" && !isDrawn) {
        isDrawn = true;
        const pairs = JSON.parse(root.dataset.matches);
        await Draw.matches(get("drawn"), images[0].src, images[1].src, pairs, root.dataset.label);
      }
      move();
    }

    function flip() {
      for (const pane of [before, after]) pane.classList.toggle("away");
    }

    function magnify(by) {
      zoom = by === "reset" ? 1 : Math.max(1, Math.min(8, zoom * (by === "in" ? 1.5 : 1 / 1.5)));
      move();
    }

    for (const button of modes) button.addEventListener("click", () => show(button.dataset.mode));
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => magnify(button.dataset.zoom));
    }
    slider?.addEventListener("input", slide);
    root.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && zoom === 1) return;
      event.preventDefault();
      magnify(event.deltaY < 0 ? "in" : "out");
    }, { passive: false });

    let from = null;
    root.addEventListener("pointerdown", (event) => {
      if (zoom > 1 && event.target.closest("img, svg")) from = [event.clientX, event.clientY];
    });
    addEventListener("pointermove", (event) => {
      if (!from) return;
      const size = images[0].getBoundingClientRect();
      place = [
        place[0] + ((event.clientX - from[0]) / size.width) * 100,
        place[1] + ((event.clientY - from[1]) / size.height) * 100,
      ];
      from = [event.clientX, event.clientY];
      move();
    });
    addEventListener("pointerup", () => (from = null));

    /** Handles the keys whose meaning depends on the view. Returns whether it did. */
    function key(event) {
      const step = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (event.key === "=") return magnify("in"), true;
      if (!step || event.target === slider) return false;
      if (zoom > 1) {
        place = [place[0] + (step[0] * 8) / zoom, place[1] + (step[1] * 8) / zoom];
        move();
        return true;
      }
      if (root.dataset.mode !== "slider" || step[0] === 0) return false;
      slider.value = Number(slider.value) - step[0] * 5;
      slide();
      return true;
    }

    return { key };
  }
})();
