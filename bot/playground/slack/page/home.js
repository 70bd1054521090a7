// The app's home tab, beside its messages. What it shows is for this person alone.

import { blocks } from "./blocks.js";
import { byId, make } from "./dom.js";
import { collect } from "./fields.js";

export class Home {
  // options: { world, post(path, body), entered(tab) }
  constructor(options) {
    this.options = options;
    this.tab = "messages";
    for (const tab of ["home", "messages"]) {
      byId(`tab-${tab}`).addEventListener("click", () => this.choose(tab));
      byId(`tab-${tab}`).addEventListener("keydown", ({ key }) => {
        if (key !== "ArrowLeft" && key !== "ArrowRight") return;
        const other = tab === "home" ? "messages" : "home";
        this.choose(other);
        byId(`tab-${other}`).focus();
      });
    }
  }

  // A channel was entered: only the app's direct messages have tabs.
  enter(channel, tab = "messages") {
    byId("tabs").hidden = !channel.direct;
    this.choose(channel.direct ? tab : "messages", channel.direct);
  }

  choose(tab, told = true) {
    this.tab = tab;
    for (const name of ["home", "messages"]) {
      byId(`tab-${name}`).setAttribute("aria-selected", String(name === tab));
      byId(`tab-${name}`).tabIndex = name === tab ? 0 : -1;
    }
    byId("channel").dataset.tab = tab;
    if (told) this.options.post("home", { tab });
    this.options.entered(tab);
  }

  show(view) {
    const root = byId("home");
    const drawn = view && `${view.id} ${view.changed}`;
    if (view && root.dataset.drawn === drawn) return;
    root.dataset.drawn = drawn ?? "";
    const key = root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const { scrollTop } = root;
    root.replaceChildren(view ? make("div", { class: "blocks" }, blocks(view.blocks, {
      names: this.options.world.names(), people: this.options.world.people,
      channels: this.options.world.channels, typed: view.typed,
      act: (element, block, selected, node) => this.act(view, element, block, selected, node),
    })) : make("div", { class: "empty-home" }, make("h3", {}, "This is a work in progress"),
      make("p", {}, "The app has published nothing to your home tab yet.")));
    root.scrollTop = scrollTop;
    if (key) root.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  }

  async act(view, element, block, selected) {
    await this.options.post("view/click", { view: view.id, block_id: block.block_id,
      action_id: element.action_id, selected, typed: collect(byId("home")) });
  }
}
