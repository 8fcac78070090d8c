// Small helpers for the page's elements.

export const find = (id) => document.getElementById(id);

/** Make an element: its properties, then its children (strings become text). */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Show an element or hide it. */
export function show(element, visible = true) {
  element.hidden = !visible;
}

/** Drop the introduction while there is a picture to work on. */
export function narrow() {
  const start = document.querySelector(".panel:not([hidden]) .start");
  document.body.classList.toggle("working", start.hidden);
}

/** Fill a list with sentences. */
export function list(element, sentences) {
  element.replaceChildren(...sentences.map((sentence) => make("li", {}, sentence)));
}

/** Run something when nothing has called for a while; the last call wins. */
export function debounced(milliseconds, run) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, milliseconds);
  };
}

/** Make a button show and hide what is typed into password fields. */
export function revealing(button, fields, texts) {
  const set = (visible) => {
    for (const field of fields) field.type = visible ? "text" : "password";
    button.setAttribute("aria-pressed", String(visible));
    button.textContent = texts(visible ? "password.hide" : "password.show");
  };
  button.addEventListener("click", () => set(fields[0].type === "password"));
  return set;
}
