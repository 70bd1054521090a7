// The emoji that the bot uses, by Slack's names. Others stay as they are written.

const BY_NAME = {
  "+1": "👍", "-1": "👎", arrow_down: "⬇️", arrow_right: "➡️", arrow_up: "⬆️",
  arrows_counterclockwise: "🔄", bar_chart: "📊", bee: "🐝", bell: "🔔", bulb: "💡",
  black_circle: "⚫", broken_heart: "💔", calendar: "📅", chart_with_upwards_trend: "📈",
  clipboard: "📋", closed_lock_with_key: "🔐", construction: "🚧", exclamation: "❗", eyes: "👀",
  fire: "🔥", gear: "⚙️", ghost: "👻", grey_exclamation: "❕", grey_question: "❔",
  heavy_check_mark: "✔️", heavy_minus_sign: "➖", hourglass: "⌛", hourglass_flowing_sand: "⏳",
  information_source: "ℹ️", key: "🔑", large_blue_circle: "🔵", large_green_circle: "🟢",
  large_orange_circle: "🟠", large_red_square: "🟥", large_yellow_circle: "🟡", link: "🔗",
  lock: "🔒", mag: "🔍", memo: "📝", mute: "🔇", no_bell: "🔕", no_entry: "⛔",
  octagonal_sign: "🛑", ok: "🆗", package: "📦", page_facing_up: "📄", paperclip: "📎",
  point_right: "👉", question: "❓", red_circle: "🔴", repeat: "🔁", rocket: "🚀",
  rotating_light: "🚨", scroll: "📜", shield: "🛡️", skull: "💀", small_red_triangle: "🔺",
  snail: "🐌", speech_balloon: "💬", stopwatch: "⏱️", tada: "🎉", thumbsup: "👍",
  thumbsdown: "👎", unlock: "🔓", warning: "⚠️", wave: "👋", white_check_mark: "✅",
  white_circle: "⚪", wrench: "🔧", x: "❌", zap: "⚡", zzz: "💤",
};

export const emoji = (name) => BY_NAME[name] ?? `:${name}:`;
