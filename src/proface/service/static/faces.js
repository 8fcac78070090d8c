// The boxes on the picture: switched, moved, resized, drawn, with mouse, finger or keyboard.

import { make } from "./dom.js";
import { text } from "./texts.js";

const SMALLEST = 8; // pixels of the picture
const STILL = 4; // pixels of the screen within which a press is a click

export class Faces {
  /** `changed` is called after every change. */
  constructor(stage, changed) {
    this.stage = stage;
    this.changed = changed;
    this.faces = [];
    stage.addEventListener("pointerdown", (event) => this.#press(event));
  }

  /** Start with a picture's size and its detected boxes. */
  start(width, height, boxes) {
    for (const face of this.faces) face.element.remove();
    Object.assign(this, { width, height, faces: [] });
    for (const box of boxes) this.#add({ ...box });
    this.changed();
  }

  /** The boxes that are switched on. */
  get chosen() {
    return this.faces.filter((face) => face.on).map(({ x, y, width, height }) => ({ x, y, width, height }));
  }

  /** Add a box in the middle, for those who do not draw. */
  addInTheMiddle() {
    const side = Math.max(SMALLEST, Math.round(Math.min(this.width, this.height) / 4));
    const x = Math.round((this.width - side) / 2);
    const y = Math.round((this.height - side) / 2);
    this.#add({ x, y, width: side, height: side }).element.focus();
    this.changed();
  }

  /** Switch one face, or set it. */
  toggle(face, on = !face.on) {
    face.on = on;
    this.#place(face);
    this.changed();
  }

  /** Switch all faces on, or off. */
  setAll(on) {
    for (const face of this.faces) {
      face.on = on;
      this.#place(face);
    }
    this.changed();
  }

  #add(box) {
    const element = make("div", { className: "face", tabIndex: 0 }, make("i"));
    element.setAttribute("role", "checkbox");
    element.setAttribute("aria-describedby", "faces-help");
    const face = { ...box, on: true, element };
    element.addEventListener("keydown", (event) => this.#key(event, face));
    element.addEventListener("click", () => {
      if (!face.dragged) this.toggle(face);
      face.dragged = false;
    });
    this.faces.push(face);
    this.stage.append(element);
    this.#place(face);
    return face;
  }

  #remove(face) {
    const index = this.faces.indexOf(face);
    this.faces.splice(index, 1);
    face.element.remove();
    this.faces.forEach((each) => this.#place(each));
    this.faces[Math.min(index, this.faces.length - 1)]?.element.focus();
    this.changed();
  }

  #place(face) {
    place(face.element, face, this);
    const number = this.faces.indexOf(face) + 1;
    face.element.setAttribute("aria-checked", String(face.on));
    face.element.setAttribute("aria-label", text("faces.face", { number }));
  }

  /** Put numbers in order: whole pixels, within the picture. */
  #set(face, { x = face.x, y = face.y, width = face.width, height = face.height }) {
    face.width = clamp(Math.round(width), Math.min(SMALLEST, this.width), this.width);
    face.height = clamp(Math.round(height), Math.min(SMALLEST, this.height), this.height);
    face.x = clamp(Math.round(x), 0, this.width - face.width);
    face.y = clamp(Math.round(y), 0, this.height - face.height);
    this.#place(face);
    this.changed();
  }

  #key(event, face) {
    const step = Math.max(1, Math.round(this.width / 100));
    const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (right || down) {
      const { x, y, width, height } = face;
      if (event.shiftKey) this.#resize(face, width + right * step, height + down * step);
      else this.#set(face, { x: x + right * step, y: y + down * step });
    } else if (event.key === " " || event.key === "Enter") this.toggle(face);
    else if (event.key === "Delete" || event.key === "Backspace") this.#remove(face);
    else return;
    event.preventDefault();
  }

  #resize(face, width, height) {
    const most = { width: this.width - face.x, height: this.height - face.y };
    this.#set(face, { width: Math.min(width, most.width), height: Math.min(height, most.height) });
  }

  #press(event) {
    if (event.button !== 0) return;
    const face = this.faces.find((each) => each.element.contains(event.target));
    if (face) this.#drag(event, face, event.target.tagName === "I");
    // A finger on the picture scrolls the page; it adds faces with the button.
    else if (event.pointerType !== "touch") this.#draw(event);
  }

  #drag(press, face, resizing) {
    const start = { ...face };
    const scale = this.width / this.stage.clientWidth;
    face.dragged = false;
    follow(face.element, press, (right, down) => {
      if (Math.hypot(right, down) > STILL) face.dragged = true;
      if (!face.dragged) return;
      if (resizing) this.#resize(face, start.width + right * scale, start.height + down * scale);
      else this.#set(face, { x: start.x + right * scale, y: start.y + down * scale });
    });
  }

  #draw(press) {
    const scale = this.width / this.stage.clientWidth;
    const frame = this.stage.getBoundingClientRect();
    const [left, top] = [press.clientX - frame.left, press.clientY - frame.top];
    const outline = make("div", { className: "drawing" });
    this.stage.append(outline);
    let box = { x: 0, y: 0, width: 0, height: 0 };
    const drawn = (right, down) => {
      const [x1, x2] = [left, clamp(left + right, 0, frame.width)].sort((a, b) => a - b);
      const [y1, y2] = [top, clamp(top + down, 0, frame.height)].sort((a, b) => a - b);
      box = { x: x1 * scale, y: y1 * scale, width: (x2 - x1) * scale, height: (y2 - y1) * scale };
      place(outline, box, this);
    };
    follow(this.stage, press, drawn, () => {
      outline.remove();
      if (Math.min(box.width, box.height) < SMALLEST) return;
      const face = this.#add({ x: 0, y: 0, width: SMALLEST, height: SMALLEST });
      this.#set(face, box);
    });
    press.preventDefault();
  }
}

/** Put an element over a box of the picture. */
export function place(element, box, picture) {
  const percent = (part, whole) => `${(100 * part) / whole}%`;
  Object.assign(element.style, {
    left: percent(box.x, picture.width),
    top: percent(box.y, picture.height),
    width: percent(box.width, picture.width),
    height: percent(box.height, picture.height),
  });
}

/** Follow a pressed pointer until it is let go; `move` gets how far it went on the screen. */
function follow(element, press, move, end = () => {}) {
  element.setPointerCapture(press.pointerId);
  const moved = (event) => move(event.clientX - press.clientX, event.clientY - press.clientY);
  const done = () => {
    element.removeEventListener("pointermove", moved);
    for (const kind of ["pointerup", "pointercancel"]) element.removeEventListener(kind, done);
    end();
  };
  element.addEventListener("pointermove", moved);
  for (const kind of ["pointerup", "pointercancel"]) element.addEventListener(kind, done);
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
