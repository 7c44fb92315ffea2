// Draws two photos with a line for each pair of matched spots. Shared by both pages.
"use strict";

const Draw = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  /** Creates an SVG element with attributes. */
  function element(name, attributes = {}) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  /** Resolves with the loaded image of a URL. */
  function load(url) {
    return new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => resolve(image);
      image.onerror = () => reject(new Error(`failed to load ${url}`));
      image.src = url;
    });
  }

  /**
   * Fills `target` with both photos and their matches: side by side, or one above the other where there is little room.
   * Each match is [x, y, x, y] in shares of the photos' sides.
   */
  async function matches(target, reference, photo, pairs, label) {
    const images = await Promise.all([load(reference), load(photo)]);
    const stacked = target.clientWidth > 0 && target.clientWidth < 620;
    const gap = 18;
    const side = 500;
    const sizes = images.map((image) => {
      const ratio = image.naturalWidth / image.naturalHeight;
      return stacked ? [side, side / ratio] : [side * ratio, side];
    });
    const second = stacked ? [0, sizes[0][1] + gap] : [sizes[0][0] + gap, 0];
    const width = stacked ? side : sizes[0][0] + gap + sizes[1][0];
    const height = stacked ? sizes[0][1] + gap + sizes[1][1] : side;
    const svg = element("svg", {
      viewBox: `0 0 ${width.toFixed(1)} ${height.toFixed(1)}`,
      role: "img",
      "aria-label": label,
      class: "matches",
    });
    for (const [index, url] of [reference, photo].entries()) {
      const [x, y] = index === 0 ? [0, 0] : second;
      const [w, h] = sizes[index];
      svg.append(element("image", { href: url, x, y, width: w, height: h, preserveAspectRatio: "none" }));
    }
    const lines = element("g", { class: "lines" });
    const scale = stacked ? 1 : width / Math.max(target.clientWidth, 1);
    for (const [index, [ax, ay, bx, by]] of pairs.entries()) {
      const colour = `hsl(${Math.round((index / pairs.length) * 320)} 95% 60%)`;
      const [x1, y1] = [ax * sizes[0][0], ay * sizes[0][1]];
      const [x2, y2] = [second[0] + bx * sizes[1][0], second[1] + by * sizes[1][1]];
      const mark = { cx: x1, cy: y1, r: 2.6 * scale, fill: "none", stroke: colour, "stroke-width": 1.4 * scale };
      lines.append(
        element("line", { x1, y1, x2, y2, stroke: colour, "stroke-width": scale, "stroke-opacity": 0.75 }),
        element("circle", mark),
        element("circle", { ...mark, cx: x2, cy: y2 }),
      );
    }
    svg.append(lines);
    target.replaceChildren(svg);
  }

  /** Fills an SVG of 100 by 7 with a probability and the threshold. */
  function meter(svg, probability, threshold, label) {
    const share = Math.max(0, Math.min(1, probability)) * 100;
    svg.setAttribute("aria-label", label);
    svg.replaceChildren(
      element("rect", { class: "meter-track", x: 0, y: 1, width: 100, height: 5, rx: 1 }),
      element("rect", {
        class: probability >= threshold ? "meter-good" : "meter-bad",
        x: 0, y: 1, width: Math.max(share, 0.6), height: 5, rx: 1,
      }),
      element("rect", { class: "meter-mark", x: threshold * 100 - 0.15, y: 0, width: 0.3, height: 7 }),
    );
  }

  return { element, load, matches, meter };
})();
