// How a picture gets into the page: chosen, dropped or pasted.

import { Problem } from "./api.js";
import { complain } from "./status.js";

/** Call `take(file)` for pictures chosen in a field, and dropped or pasted while its panel is shown. */
export function takePictures(panel, input, take) {
  const active = () => !panel.hidden && !document.querySelector("dialog[open]");
  const offer = (files) => {
    const file = [...files].find((each) => each.type.startsWith("image/") || each.type === "");
    if (file) take(file);
    else complain(new Problem("no-picture", ""));
  };
  input.addEventListener("change", () => {
    if (input.files.length) offer(input.files);
    input.value = "";
  });
  document.addEventListener("dragover", (event) => {
    if (!active() || isForKey(event)) return;
    event.preventDefault();
    panel.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) panel.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!active() || isForKey(event)) return;
    event.preventDefault();
    panel.classList.remove("over");
    offer(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (active() && event.clipboardData?.files.length) offer(event.clipboardData.files);
  });
}

/** Whether something is dropped on a field for another file. */
const isForKey = ({ target }) => target.closest?.(".files") != null;

/** Refuse a file that the service would refuse, before it is sent. */
export function checkSize(file, limits) {
  // A form adds a little to the file.
  if (file.size + 4096 <= limits.upload) return;
  const problem = new Problem("too-large", "");
  problem.values = { limit: Math.floor(limits.upload / 1e6) };
  throw problem;
}

/** A file as an image that the page can draw. */
export async function load(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(image.src);
    throw new Problem("unreadable", "");
  }
  return image;
}

/** Forget an image that `load` made. */
export function forget(image) {
  if (image) URL.revokeObjectURL(image.src);
}

/** The name that the service suggests for an answer. */
export function nameOf(answer) {
  const header = answer.headers.get("Content-Disposition") ?? "";
  const name = /filename\*=UTF-8''([^;]+)/.exec(header)?.[1];
  return name ? decodeURIComponent(name) : "picture.png";
}

/** Let a link download a blob. */
export function offerDownload(link, blob, name) {
  if (link.href) URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(blob);
  link.download = name;
}
