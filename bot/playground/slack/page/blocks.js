// Block Kit as DOM. `act(control, block, selected)` is called when a person uses a control.

import { confirmed } from "./confirm.js";
import { make } from "./dom.js";
import { emoji } from "./emoji.js";
import { markdown } from "./markdown.js";
import { mrkdwn } from "./mrkdwn.js";
import { isLink, link, plain } from "./plain.js";
import { richText } from "./rich_text.js";

export function blocks(list, context) {
  return list.map((block) => {
    const build = Object.hasOwn(BUILDERS, block.type) ? BUILDERS[block.type] : unknown;
    return make("div", { class: `block block-${block.type}` }, build(block, context));
  });
}

const unknown = (block) => make("p", { class: "muted" }, `(${block.type}: not shown here)`);

function textNode(text, names) {
  if (text.type === "mrkdwn") return mrkdwn(text.text, names);
  return plain(text.text.replace(/:([a-z0-9_+-]{1,60}):/g, (_, name) => emoji(name)));
}

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

// Pictures from elsewhere are not fetched: nothing leaves this machine. Their text stands in.
function picture(element) {
  if (element.slack_file?.id)
    return make("img", { src: `/files/${encodeURIComponent(element.slack_file.id)}/picture`,
      alt: element.alt_text });
  const url = element.image_url ?? element.slack_file?.url ?? "";
  const own = url.startsWith(`${location.origin}/files/`);
  if (own) return make("img", { src: url, alt: element.alt_text });
  const label = plain(`🖼 ${element.alt_text}`);
  return make("span", { class: "picture-away" }, isLink(url) ? link(url, label) : label);
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

function control(element, block, all) {
  return element.type === "button" ? button(element, block, all) : menu(element, block, all);
}

function button(element, block, { names, act }) {
  const node = make("button", {
    class: `action ${element.style ?? ""}`,
    "aria-label": element.accessibility_label ?? null,
    "data-key": `${block.block_id}/${element.action_id}`,
    async onclick() {
      if (!(await confirmed(element.confirm, names))) return;
      if (element.url && isLink(element.url)) window.open(element.url, "_blank", "noopener");
      node.setAttribute("aria-busy", "true");
      await act(element, block, null, node);
      node.removeAttribute("aria-busy");
    },
  }, textNode(element.text, names));
  return node;
}

// Static selects and overflow menus are shown as the browser's own menu.
function menu(element, block, { names, act }) {
  const prompt = element.placeholder?.text ?? (element.type === "overflow" ? "⋯" : "Choose…");
  const chosen = element.initial_option?.value;
  const node = make("select", {
    class: `action ${element.type}`,
    "aria-label": element.placeholder?.text ?? "More actions",
    "data-key": `${block.block_id}/${element.action_id}`,
    async onchange() {
      if (await confirmed(element.confirm, names)) await act(element, block, node.value, node);
      else node.value = chosen ?? "";
    },
  },
  make("option", { value: "", disabled: true, selected: !chosen }, plain(prompt)),
  element.options.map((option) => make("option", {
    value: option.value, selected: option.value === chosen }, plain(option.text.text))));
  return node;
}

const BUILDERS = { section, header, divider, context, actions, image, markdown: markdownBlock,
  rich_text: (block, { names }) => richText(block, names), table };
