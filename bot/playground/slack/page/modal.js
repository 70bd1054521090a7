// Modals: the dialog on top of a person's stack, kept in step with the app's updates.

import { blocks } from "./blocks.js";
import { byId, make } from "./dom.js";
import { collect } from "./fields.js";
import { plain } from "./plain.js";

export class Modal {
  // options: { world, post(path, body) -> Promise of { error, errors }, closed() }
  constructor(options) {
    this.options = options;
    this.view = null;
    this.dialog = byId("modal");
    this.form = byId("modal-form");
    // The browser's Escape would close without a word to the app.
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.leave(false);
    });
    // A second Escape in a row closes all the same.
    this.dialog.addEventListener("close", () => { if (this.view) this.leave(false); });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    byId("modal-close").addEventListener("click", () => this.leave(false));
    byId("modal-leave").addEventListener("click", () => this.leave(true));
  }

  // What the workspace says is on top, or null.
  show(view, below) {
    if (!view) {
      this.view = null;
      this.busy(false);
      if (this.dialog.open) {
        this.dialog.close();
        this.options.closed();
      }
      return;
    }
    if (this.view?.id === view.id && this.view.changed === view.changed) return;
    // What was typed stays where a block keeps its id, as at Slack.
    const typed = this.view?.id === view.id ? collect(this.form) : view.typed;
    this.view = view;
    this.draw(view, typed, view.errors);
    byId("modal-title").replaceChildren(plain(view.title?.text ?? ""));
    const close = view.close?.text ?? (below ? "Back" : "Cancel");
    byId("modal-close").replaceChildren(plain(close));
    byId("modal-submit").hidden = !view.submit;
    byId("modal-submit").replaceChildren(plain(view.submit?.text ?? ""));
    this.busy(false);
    this.trouble("");
    const isNew = !this.dialog.open || this.drawn !== view.id;
    this.drawn = view.id;
    if (!this.dialog.open) this.dialog.showModal();
    if (isNew) this.first()?.focus();
  }

  draw(view, typed, errors) {
    const { world } = this.options;
    const body = byId("modal-body");
    const key = body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    body.replaceChildren(...blocks(view.blocks, {
      names: world.names(), people: world.people, channels: world.channels, typed, errors,
      submits: true,
      act: (element, block, selected) => this.act(element, block, selected),
    }));
    if (key) body.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  }

  first() {
    return byId("modal-body").querySelector("input, textarea, select, button")
      ?? byId("modal-submit");
  }

  async act(element, block, selected) {
    const { error } = await this.options.post("view/click", { view: this.view?.id,
      block_id: block.block_id, action_id: element.action_id, selected,
      typed: collect(this.form) });
    this.trouble(error ? `The app did not take that (${error}).` : "");
  }

  async submit() {
    const { view } = this;
    if (!view || this.form.ariaBusy === "true") return;
    const typed = collect(this.form);
    this.busy(true);
    const { error, errors } = await this.options.post("view/submit", { view: view.id, typed });
    this.busy(false);
    if (this.view?.id !== view.id) return;
    this.trouble(error ?? "");
    if (errors && Object.keys(errors).length) {
      this.draw(this.view, typed, errors);
      byId("modal-body").querySelector(".wrong [data-field]")?.focus();
    }
  }

  async leave(everything) {
    if (this.view) await this.options.post("view/close", { view: this.view.id, everything });
  }

  busy(yes) {
    this.form.ariaBusy = String(yes);
    byId("modal-submit").classList.toggle("busy", yes);
  }

  trouble(words) {
    byId("modal-trouble").replaceChildren(words ? make("span", {}, plain(words)) : "");
  }
}
