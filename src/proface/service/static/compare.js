// Two pictures over each other, and a slider between them.

import { make } from "./dom.js";
import { text } from "./texts.js";

/** Show two images in an element, the slider at a percentage; with one name and image, just that. */
export function compare(element, [beforeName, beforeSource], [afterName, afterSource] = [], at = 50) {
  const before = make("img", { src: beforeSource, alt: beforeName });
  if (!afterName) {
    element.replaceChildren(before);
    return;
  }
  const after = make("img", { src: afterSource, alt: afterName });
  const slider = make("input", { type: "range", min: 0, max: 100, value: at });
  slider.setAttribute("aria-label", text("compare.label", { before: beforeName, after: afterName }));
  const move = () => element.style.setProperty("--at", `${slider.value}%`);
  slider.addEventListener("input", move);
  move();
  element.replaceChildren(
    before,
    after,
    make("span", { className: "line" }),
    make("span", { className: "tag left", textContent: beforeName }),
    make("span", { className: "tag right", textContent: afterName }),
    slider,
  );
}

/** Make an element as wide as a picture may be: all of the page, but not taller than the screen. */
export function fit(element, image) {
  const ratio = image.naturalWidth / image.naturalHeight;
  const largest = Math.max(320, 2 * image.naturalWidth);
  element.style.maxWidth = `min(${largest}px, calc(72vh * ${ratio}))`;
}
