// What opens a picture: a password, or an identity's file, perhaps with a grant.

import { Problem } from "./api.js";
import { find, revealing, show } from "./dom.js";
import { text } from "./texts.js";

export class Opening {
  /** `changed` is called when there is something else to open pictures with. */
  constructor(changed) {
    this.password = find("recover-password");
    [this.identity, this.grant] = ["identity", "grant"].map(find);
    this.setVisible = revealing(find("show-recover"), [this.password], text);
    for (const id of ["with-password", "with-identity"]) {
      find(id).addEventListener("change", () => this.#settle());
    }
    for (const field of [this.password, this.identity, this.grant]) {
      field.addEventListener("input", changed);
    }
  }

  /** Forget everything, and start with the way that a picture's slots allow. */
  start(slots) {
    for (const field of [this.password, this.identity, this.grant]) field.value = "";
    this.setVisible(false);
    const people = slots.some(({ kind }) => kind === "recipients");
    const secret = slots.some(({ kind }) => kind === "password" || kind === "paper");
    find(people && !secret ? "with-identity" : "with-password").checked = true;
    this.#settle();
    (this.#byIdentity ? this.identity : this.password).focus();
  }

  /** The fields of the form. */
  get fields() {
    if (!this.#byIdentity) return { password: this.password.value };
    const [[identity], [grant]] = [this.identity.files, this.grant.files];
    return { identity, grant };
  }

  /** What it is called in the keys of texts. */
  get kind() {
    if (!this.#byIdentity) return "password";
    return this.grant.files.length ? "grant" : "identity";
  }

  /** Refuse to go on with nothing. */
  check() {
    if (this.#byIdentity ? this.identity.files.length : this.password.value) return;
    throw new Problem("no-secret", "");
  }

  get #byIdentity() {
    return find("with-identity").checked;
  }

  #settle() {
    show(find("password-field"), !this.#byIdentity);
    show(find("identity-field"), this.#byIdentity);
    this.password.required = !this.#byIdentity;
    this.identity.required = this.#byIdentity;
  }
}

/** Who can open a picture, in words. */
export function openers(slots) {
  const kinds = new Set(slots.map(({ kind }) => kind));
  const count = slots.reduce((sum, { recipients }) => sum + recipients, 0);
  const typed = kinds.has("password") || kinds.has("paper");
  if (!kinds.has("recipients")) return text(typed ? "opens.password" : "opens.key");
  return text(typed ? "opens.both" : "opens.identity", { count });
}
