// Blocks that show work and its results: tasks, plans, cards, alerts.

import { control, textNode } from "./controls.js";
import { make } from "./dom.js";
import { picture } from "./picture.js";
import { isLink, link, plain } from "./plain.js";
import { richText } from "./rich_text.js";

const STATES = {
  pending: ["○", "waiting"], in_progress: ["◐", "at work"], complete: ["✓", "done"],
  error: ["×", "failed"],
};

export function taskCard(task, { names }) {
  const [mark, words] = STATES[task.status] ?? STATES.pending;
  return make("div", { class: `task task-${task.status ?? "pending"}` },
    make("span", { class: "task-mark", role: "img", "aria-label": words }, mark),
    make("div", {}, make("strong", {}, plain(task.title)),
      task.details ? richText(task.details, names) : null,
      task.output ? richText(task.output, names) : null,
      task.sources ? make("p", { class: "sources" }, task.sources.map(({ url, text }) =>
        isLink(url) ? link(url, plain(text)) : plain(text))) : null));
}

export const planBlock = (block, all) => make("div", { class: "plan" },
  make("h3", {}, plain(block.title)),
  make("ol", {}, (block.tasks ?? []).map((task) => make("li", {}, taskCard(task, all)))));

export const card = (block, all) => make("div", { class: "card" },
  block.hero_image ? picture(block.hero_image) : null,
  make("div", { class: "card-head" }, block.icon ? picture(block.icon) : null,
    make("div", {}, block.title ? make("h3", {}, textNode(block.title, all.names)) : null,
      block.subtitle ? make("p", { class: "muted" }, textNode(block.subtitle, all.names)) : null)),
  block.body ? make("div", {}, textNode(block.body, all.names)) : null,
  block.actions ? make("div", { class: "actions" },
    block.actions.map((element) => control(element, block, all))) : null);

export const alert = (block, { names }) => make("div", {
  class: `notice notice-${block.level ?? "default"}`, role: "note",
}, textNode(block.text, names));
