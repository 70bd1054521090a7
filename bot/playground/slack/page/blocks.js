// Block Kit as DOM. `act(control, block, selected, node)` is called when a person uses a control.

import { control, textNode } from "./controls.js";
import { make } from "./dom.js";
import { field, isField } from "./fields.js";
import { markdown } from "./markdown.js";
import { picture } from "./picture.js";
import { plain } from "./plain.js";
import { richText } from "./rich_text.js";
import { alert, card, planBlock, taskCard } from "./work_blocks.js";

export function blocks(list, context) {
  return list.map((block) => {
    const build = Object.hasOwn(BUILDERS, block.type) ? BUILDERS[block.type] : unknown;
    return make("div", { class: `block block-${block.type}` }, build(block, context));
  });
}

const unknown = (block) => make("p", { class: "muted" }, `(${block.type}: not shown here)`);

function section(block, all) {
  const { names } = all;
  return make("div", { class: "section" },
    make("div", { class: "section-text" },
      block.text ? make("div", {}, textNode(block.text, names)) : null,
      block.fields ? make("div", { class: "fields" }, block.fields.map((field) =>
        make("div", { class: "field" }, textNode(field, names)))) : null),
    block.accessory ? make("div", { class: "accessory" },
      block.accessory.type === "image" ? picture(block.accessory)
        : control(block.accessory, block, all)) : null);
}

const header = (block, { names }) => make("h3", {}, textNode(block.text, names));
const divider = () => make("hr");

const context = (block, { names }) =>
  make("div", { class: "context" }, block.elements.map((element) =>
    element.type === "image" ? picture(element)
      : make("span", { class: "context-item" }, textNode(element, names))));

const actions = (block, all) =>
  make("div", { class: "actions" }, block.elements.map((element) => control(element, block, all)));

const markdownBlock = (block) => make("div", { class: "rich" }, markdown(block.text));

function image(block, { names }) {
  return make("figure", {},
    block.title ? make("figcaption", {}, textNode(block.title, names)) : null, picture(block));
}

function table(block) {
  const [head, ...rows] = block.rows;
  const settings = block.column_settings ?? [];
  const cell = (tag) => (value, column) => make(tag, {
    class: [`to-${settings[column]?.align ?? "left"}`,
      settings[column]?.is_wrapped ? "wraps" : ""].join(" "),
    scope: tag === "th" ? "col" : null,
  }, value.type === "rich_text" ? richText(value, { users: {}, channels: {} }) : plain(value.text));
  return make("div", { class: "table-scroll", tabindex: "0", role: "region",
    "aria-label": "Table" },
  make("table", {},
    make("thead", {}, make("tr", {}, head.map(cell("th")))),
    make("tbody", {}, rows.map((row) => make("tr", {}, row.map(cell("td")))))));
}

// A labelled field. In a modal its value goes with the submission; it is told at once only where
// the app asked for that, and in messages and home tabs, which have no submit button.
let count = 0;
function input(block, all) {
  const { element } = block;
  if (!isField(element)) return unknown(element);
  const wrong = all.errors?.[block.block_id];
  const id = `wrong-${++count}`;
  const label = `${block.label.text}${block.optional ? " (optional)" : ""}`;
  const tells = block.dispatch_action || !all.submits;
  const box = field(element, block, all, {
    label, wrong: wrong ? id : null,
    changed: tells ? (value, node) => all.act(element, block, value, node) : null,
  });
  return make("div", { class: `input ${wrong ? "wrong" : ""}` },
    make("span", { class: "input-label", "aria-hidden": "true" }, textNode(block.label, all.names),
      block.optional ? make("span", { class: "muted" }, " (optional)") : null),
    box,
    wrong ? make("p", { class: "trouble", id, role: "alert" }, plain(wrong)) : null,
    block.hint ? make("p", { class: "muted hint-text" }, textNode(block.hint, all.names)) : null);
}

const contextActions = (block, all) => make("div", { class: "context-actions" },
  block.elements.map((element) => control(element, block, all)));

const BUILDERS = { section, header, divider, context, actions, image, markdown: markdownBlock,
  rich_text: (block, { names }) => richText(block, names), table, input, plan: planBlock, card,
  task_card: taskCard, alert, context_actions: contextActions };
