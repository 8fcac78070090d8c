// Calls to the service. Every failure becomes a Problem with a code.

import { find } from "./dom.js";
import { text, hasText } from "./texts.js";

const EARLY = 400; // milliseconds before progress is asked for
const OFTEN = 300;
let token = "";

export class Problem extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }

  /** The problem in the reader's words. */
  get sentence() {
    return hasText(`error.${this.code}`)
      ? text(`error.${this.code}`, this.values)
      : text("error.other", { message: this.message });
  }
}

/** Get something that the service tells without a picture. */
export const ask = async (path) => (await send(path, {})).json();

/**
 * Send a picture with fields; undefined ones are left out.
 * onProgress is called with what `GET /api/progress` says, or null before the service knows of it.
 */
export async function post(path, fields, { signal, onProgress } = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) body.append(name, value);
  }
  const job = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const stop = onProgress ? watch(job, onProgress) : () => {};
  try {
    return await send(path, { method: "POST", body, signal, headers: { "Proface-Job": job } });
  } finally {
    stop();
  }
}

async function send(path, options) {
  const sent = token;
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { ...options.headers, ...authorization() } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("offline", error.message);
  }
  if (answer.ok) return answer;
  if (answer.status === 401) {
    // Of several calls refused together, the late ones must not ask again.
    if (sent === token) await askForToken();
    return send(path, options);
  }
  const { code, message } = await answer.json().catch(() => ({}));
  throw new Problem(code ?? "other", message ?? answer.statusText);
}

const authorization = () => (token ? { Authorization: `Bearer ${token}` } : {});

let asking = null;

function askForToken() {
  const dialog = find("token-dialog");
  asking ??= new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        token = find("token").value.trim();
        find("token").value = "";
        asking = null;
        resolve();
      },
      { once: true },
    );
    dialog.showModal();
  });
  return asking;
}

/** Ask again and again how far a job is; returns what stops that. */
function watch(job, onProgress) {
  let timer = setTimeout(look, EARLY);
  async function look() {
    const answer = await fetch(`api/progress/${job}`, { headers: authorization() }).catch(() => null);
    if (timer === null) return;
    onProgress(answer?.ok ? await answer.json() : null);
    if (timer !== null) timer = setTimeout(look, OFTEN);
  }
  return () => {
    clearTimeout(timer);
    timer = null;
  };
}
