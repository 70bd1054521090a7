// The parts of blocks that a person uses: buttons, menus, fields. `all.act` is told of each use.

import { confirmed } from "./confirm.js";
import { make } from "./dom.js";
import { emoji } from "./emoji.js";
import { field, isField } from "./fields.js";
import { mrkdwn } from "./mrkdwn.js";
import { isLink, plain } from "./plain.js";

export function control(element, block, all) {
  if (element.type === "button") return button(element, block, all);
  if (element.type === "overflow") return overflow(element, block, all);
  if (element.type === "icon_button") return iconButton(element, block, all);
  if (element.type === "feedback_buttons") return feedback(element, block, all);
  return isField(element) ? chooser(element, block, all)
    : make("span", { class: "muted" }, `(${element.type}: not shown here)`);
}

export function textNode(text, names) {
  if (text.type === "mrkdwn") return mrkdwn(text.text, names);
  return plain(text.text.replace(/:([a-z0-9_+-]{1,60}):/g, (_, name) => emoji(name)));
}

async function used(element, block, { names, act }, selected, node) {
  if (!(await confirmed(element.confirm, names))) return false;
  node.setAttribute("aria-busy", "true");
  await act(element, block, selected, node);
  node.removeAttribute("aria-busy");
  return true;
}

const key = (block, element) => `${block.block_id}/${element.action_id}`;

function button(element, block, all) {
  const node = make("button", {
    type: "button",
    class: `action ${element.style ?? ""}`,
    "aria-label": element.accessibility_label ?? null,
    "data-key": key(block, element),
    async onclick() {
      const took = await used(element, block, all, null, node);
      if (took && element.url && isLink(element.url))
        window.open(element.url, "_blank", "noopener");
    },
  }, textNode(element.text, all.names));
  return node;
}

function iconButton(element, block, all) {
  const words = element.accessibility_label ?? element.text.text;
  const node = make("button", {
    type: "button", class: "icon-action", "aria-label": words, title: element.text.text,
    "data-key": key(block, element),
    onclick: () => used(element, block, all, null, node),
  }, "🗑");
  return node;
}

function feedback(element, block, all) {
  const one = ({ text, value, accessibility_label }, sign, side) => {
    const node = make("button", {
      type: "button", class: "icon-action", "aria-label": accessibility_label ?? text.text,
      title: text.text, "data-key": `${key(block, element)}/${side}`,
      onclick: () => used(element, block, all, value, node),
    }, sign);
    return node;
  };
  return [one(element.positive_button, "👍", "up"), one(element.negative_button, "👎", "down")];
}

// An overflow menu is the browser's own; it always goes back to its dots.
function overflow(element, block, all) {
  const node = make("select", {
    class: "action overflow", "aria-label": "More actions", "data-key": key(block, element),
    async onchange() {
      const { value } = node;
      node.value = "";
      await used(element, block, all, value, node);
    },
  },
  make("option", { value: "", disabled: true, selected: true }, "⋯"),
  element.options.map((option) => make("option", { value: option.value },
    plain(option.text.text))));
  return node;
}

function chooser(element, block, all) {
  const before = { value: null };
  const node = field(element, block, all, { async changed(value) {
    if (await used(element, block, all, value, node)) before.value = value;
    else if (node.matches("select")) node.value = before.value ?? "";
  } });
  if (node.matches("select, input")) node.classList.add("action");
  before.value = node.matches("select") ? node.value : null;
  return node;
}
