// What the obfuscated faces will look like: asked of the service after every change, shown over the
// picture and, at the faces' own size, below it.

import { post } from "./api.js";
import { debounced, make } from "./dom.js";
import { place } from "./faces.js";
import { complain } from "./status.js";
import { text } from "./texts.js";

const LARGE_FILE = 1_500_000; // bytes; a larger one is reduced before it is sent again and again
const LONGEST_SIDE = 2048;
const SMALLEST_FACE = 48; // pixels of the reduced picture; smaller ones would not look the same
const LARGEST_SHOWN = 160; // pixels of a face in the strip

export class Preview {
  /** `look()` gives obfuscator and strength. */
  constructor(stage, strip, faces, look) {
    Object.assign(this, { stage, strip, faces, look, regions: [], copies: new Map() });
    this.update = debounced(120, () => this.#ask());
  }

  /** Start with a picture. */
  start(file, image) {
    Object.assign(this, { file, image });
    this.copies.clear();
    this.#show([]);
    this.drawStrip();
  }

  async #ask() {
    this.request?.abort();
    const boxes = this.faces.chosen;
    if (!boxes.length) {
      this.#show([]);
      this.drawStrip();
      return;
    }
    const request = (this.request = new AbortController());
    try {
      const { copy, scale } = await this.#copyFor(boxes);
      const fields = { ...this.look(), picture: copy, boxes: JSON.stringify(boxes.map((box) => scaled(box, scale))) };
      const answer = await post("api/preview", fields, { signal: request.signal });
      const { regions } = await answer.json();
      const images = await Promise.all(regions.map((region) => decoded(region, 1 / scale)));
      if (request.signal.aborted) return;
      this.#show(images);
      this.drawStrip();
    } catch (error) {
      if (error.name !== "AbortError") complain(error);
    }
  }

  /** The picture, reduced if that saves much and shows the same. */
  async #copyFor(boxes) {
    const smallest = Math.min(...boxes.flatMap((box) => [box.width, box.height]));
    const longest = Math.max(this.image.naturalWidth, this.image.naturalHeight);
    const scale = Math.max(LONGEST_SIDE / longest, SMALLEST_FACE / smallest);
    if (this.file.size < LARGE_FILE || scale >= 1) return { copy: this.file, scale: 1 };
    if (!this.copies.has(scale)) {
      const canvas = make("canvas", {
        width: Math.round(this.image.naturalWidth * scale),
        height: Math.round(this.image.naturalHeight * scale),
      });
      canvas.getContext("2d").drawImage(this.image, 0, 0, canvas.width, canvas.height);
      this.copies.set(scale, new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92)));
    }
    return { copy: await this.copies.get(scale), scale };
  }

  #show(regions) {
    for (const { image } of this.regions) {
      image.remove();
      URL.revokeObjectURL(image.src);
    }
    this.regions = regions;
    const size = { width: this.image.naturalWidth, height: this.image.naturalHeight };
    for (const region of regions) {
      place(region.image, region, size);
      this.stage.querySelector("#original").after(region.image); // below the boxes
    }
  }

  /** Draw every face as it will be, at its own size. */
  drawStrip() {
    const all = this.faces.faces;
    while (this.strip.children.length > all.length) this.strip.lastChild.remove();
    all.forEach((face, index) => {
      if (!this.strip.children[index]) this.strip.append(this.#item(index));
      const button = this.strip.children[index].firstChild;
      button.setAttribute("aria-pressed", String(face.on));
      button.lastChild.textContent = text("faces.face", { number: index + 1 });
      button.setAttribute("aria-label", text(face.on ? "faces.on" : "faces.off", { number: index + 1 }));
      this.#drawFace(button.firstChild, face);
    });
  }

  #item(index) {
    const button = make("button", { type: "button" }, make("canvas"), make("span"));
    button.addEventListener("click", () => this.faces.toggle(this.faces.faces[index]));
    return make("li", {}, button);
  }

  #drawFace(canvas, face) {
    const scale = Math.min(1, LARGEST_SHOWN / Math.max(face.width, face.height));
    canvas.width = Math.max(1, Math.round(face.width * scale));
    canvas.height = Math.max(1, Math.round(face.height * scale));
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.translate(-face.x, -face.y);
    context.drawImage(this.image, 0, 0);
    for (const region of this.regions) {
      context.drawImage(region.image, region.x, region.y, region.width, region.height);
    }
  }
}

async function decoded(region, scale) {
  const bytes = Uint8Array.from(atob(region.png), (char) => char.charCodeAt(0));
  const image = make("img", { className: "region", alt: "" });
  image.src = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  await image.decode();
  return { ...scaled(region, scale), image };
}

function scaled({ x, y, width, height }, scale) {
  if (scale === 1) return { x, y, width, height };
  return {
    x: Math.round(x * scale),
    y: Math.round(y * scale),
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}
