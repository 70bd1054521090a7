// Pictures. Those from elsewhere are not fetched: nothing leaves this machine; words stand in.

import { make } from "./dom.js";
import { isLink, link, plain } from "./plain.js";

export function picture(element) {
  if (element.slack_file?.id)
    return make("img", { src: `/files/${encodeURIComponent(element.slack_file.id)}/picture`,
      alt: element.alt_text });
  const url = element.image_url ?? element.slack_file?.url ?? "";
  if (url.startsWith(`${location.origin}/files/`))
    return make("img", { src: url, alt: element.alt_text });
  const label = plain(`🖼 ${element.alt_text}`);
  return make("span", { class: "picture-away" }, isLink(url) ? link(url, label) : label);
}
