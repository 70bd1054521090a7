// The line between Slack and the bot: how it runs, what is disturbed, and buttons to disturb it.

import { byId, make } from "./dom.js";
import { plain } from "./plain.js";

export class Link {
  // options: { disturb(name) -> Promise of an error text or null }
  constructor(options) {
    this.options = options;
    this.note = "";
  }

  show(state) {
    this.shown = state;
    const root = byId("link-body");
    const key = root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    root.replaceChildren(
      make("h3", {}, "Slack and the bot"),
      make("p", { class: state.ok ? "muted" : "trouble", role: "status" },
        `The bot is reached ${state.reached}.`),
      state.trouble.length ? make("ul", { class: "faults" },
        state.trouble.map((words) => make("li", {}, make("div", {}, plain(words)))),
        make("li", {}, make("button", { class: "quiet", "data-key": "heal",
          onclick: () => this.run("heal") }, "End all of it"))) : "",
      make("div", { class: "disturb", role: "group", "aria-label": "Disturb the line" },
        state.offers.map(({ name, about }) => make("button", { class: "quiet",
          "data-key": name, onclick: () => this.run(name) }, plain(about)))),
      make("p", { class: "trouble", role: "status" }, plain(this.note)),
      state.happened.length ? make("div", { class: "happened" }, make("h3", {}, "What happened"),
        make("ul", {}, [...state.happened].reverse().map((words) =>
          make("li", {}, plain(words))))) : "");
    if (key) root.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  }

  async run(name) {
    this.note = (await this.options.disturb(name)) ?? "";
    this.show(this.shown);
  }
}
