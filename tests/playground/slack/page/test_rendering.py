"""What messages look like, and that no text ever becomes more than text."""

import random

import pytest
from playwright.async_api import Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from tests.playground.slack.page.conftest import ONCALL, articles
from tests.playground.slack.test_people import DOT
from tests.playground.slack.views import plain

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

HOSTILE = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>"


async def test_hostile_text_stays_text_everywhere(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}
    await client.chat_postMessage(channel=ONCALL, text=HOSTILE + " <!channel> &lt;!here&gt;")
    await client.chat_postMessage(
        channel=ONCALL,
        text="blocks",
        blocks=[
            {"type": "header", "text": plain(HOSTILE)},
            {"type": "section", "text": {"type": "mrkdwn", "text": HOSTILE}},
            {"type": "section", "fields": [plain(HOSTILE)]},
            {"type": "markdown", "text": HOSTILE + "\n\n[go](javascript:window.hacked=1)"},
            {"type": "rich_text", "elements": [rich]},
            {"type": "table", "rows": [[{"type": "raw_text", "text": HOSTILE}]]},
            {"type": "context", "elements": [plain(HOSTILE)]},
            {"type": "image", "image_url": "https://example.com/x.png", "alt_text": HOSTILE},
            {
                "type": "actions",
                "elements": [{"type": "button", "text": plain(HOSTILE[:75]), "action_id": "a"}],
            },
        ],
    )
    await client.chat_postMessage(
        channel=ONCALL,
        text="<javascript:window.hacked=1|click> <data:text/html,x|data> \u202egnp.exe",
    )
    workspace.say(HOSTILE)
    await expect(articles(page)).to_have_count(4)
    shown = page.locator("#messages")
    assert await shown.locator("script, img, iframe, object, [onerror], [style]").count() == 0
    assert await page.evaluate("window.hacked") is None
    links = await shown.locator("a").evaluate_all("all => all.map(a => a.href)")
    assert set(links) == {"https://example.com/x.png"}
    for number in (0, 1, 3):
        await expect(articles(page).nth(number)).to_contain_text("<script>window.hacked=1</script>")
    await expect(articles(page).nth(0)).to_contain_text("@channel <!here>")
    await expect(articles(page).nth(2)).to_contain_text("<javascript:window.hacked=1|click>")
    await expect(articles(page).nth(2).locator(".control")).to_have_text("U+202E")


MRKDWN = [
    (
        "*bold* _it_ ~gone~ `code`",
        "<strong>bold</strong> <em>it</em> <s>gone</s> <code>code</code>",
    ),
    ("*bold _and it_*", "<strong>bold <em>and it</em></strong>"),
    ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
    ("a &lt;b&gt; &amp;amp;", "a &lt;b&gt; &amp;amp;"),
    ("`*not bold* &lt;`", "<code>*not bold* &lt;</code>"),
    (
        "<https://a.example/?x=1&amp;y|docs>",
        '<a href="https://a.example/?x=1&amp;y" target="_blank" rel="noopener noreferrer">docs</a>',
    ),
    ("<@U0PLAYANA01> <#C0PLAYONCALL>", '<span class="mention">@Ana</span>'),
    ("<!date^0^{date_num}|then>", "<time>1970-01-01</time>"),
    ("<!date^x^{date_num}|then>", "<time>then</time>"),
    ("> quoted\n&gt; twice", "<blockquote>quoted<br>twice</blockquote>"),
    ("• one\n- two", '<ul class="bullets"><li>one</li><li>two</li></ul>'),
    ("```a *b*\n<c>```", '<pre tabindex="0">a *b*\n&lt;c&gt;</pre>'),
    (":warning: :no_such_one:", "⚠️ :no_such_one:"),
]


async def test_mrkdwn_becomes_what_slack_shows(page: Page) -> None:
    rendered = await page.evaluate(
        """async (texts) => {
            const { mrkdwn } = await import("/page/mrkdwn.js");
            const names = { users: { U0PLAYANA01: "Ana" }, channels: {} };
            return texts.map((text) => {
                const node = document.createElement("div");
                node.append(mrkdwn(text, names));
                return node.innerHTML;
            });
        }""",
        [text for text, _ in MRKDWN],
    )
    for (text, expected), html in zip(MRKDWN, rendered, strict=True):
        assert expected in html, text


async def test_no_text_breaks_the_rendering_or_becomes_markup(page: Page) -> None:
    chance = random.Random(20)
    pieces = [
        *("*", "_", "~", "`", "```", "<", ">", "&lt;", "&gt;", "&amp;", "|", ":", "!", "@", "#"),
        *("\n", " ", "- ", "> ", "# ", "1. ", "[", "](", ")", "**", "~~", "x", "https://a.b/c"),
        *("javascript:alert(1)", "<script>", "!date^1^{time}^javascript:x", "@U1", "#C1", "\u202e"),
    ]
    texts = ["".join(chance.choices(pieces, k=chance.randrange(1, 25))) for _ in range(3_000)]
    found = await page.evaluate(
        """async (texts) => {
            const { mrkdwn } = await import("/page/mrkdwn.js");
            const { markdown } = await import("/page/markdown.js");
            const allowed = new Set(["A","STRONG","EM","S","CODE","PRE","BLOCKQUOTE","UL","OL","LI",
                "BR","SPAN","TIME","P","HR"]);
            const bad = [];
            for (const text of texts) for (const render of [mrkdwn, markdown]) {
                const node = document.createElement("div");
                node.append(render(text, { users: {}, channels: {} }));
                for (const inner of node.querySelectorAll("*"))
                    if (!allowed.has(inner.tagName) ||
                        (inner.href && !/^(https?|mailto|tel):/.test(inner.href)))
                        bad.push([text, inner.outerHTML]);
            }
            return bad;
        }""",
        texts,
    )
    assert found == []


async def test_shows_every_kind_of_block(page: Page, client: AsyncWebClient) -> None:
    cells = [
        [{"type": "raw_text", "text": text} for text in row] for row in (["n", "m"], ["1", "2"])
    ]
    await client.chat_postMessage(
        channel=ONCALL,
        text="report",
        blocks=[
            {"type": "header", "text": plain("node-7 :warning:")},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "*cause*"},
                "accessory": {"type": "button", "action_id": "x", "text": plain("Run again")},
            },
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "*A*\nb"}]},
            {"type": "divider"},
            {"type": "table", "column_settings": [{}, {"align": "right"}], "rows": cells},
            {"type": "markdown", "text": "## Title\n1. one\n2. **two**"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "run `r1`"}]},
        ],
    )
    report = articles(page).last
    await expect(report.locator("h3")).to_have_text("node-7 ⚠️")
    await expect(report.locator("strong", has_text="cause")).to_be_visible()
    await expect(report.get_by_role("button", name="Run again")).to_be_visible()
    await expect(report.get_by_role("columnheader")).to_have_text(["n", "m"])
    await expect(report.locator("td.to-right")).to_have_text("2")
    await expect(report.locator("ol > li")).to_have_text(["one", "two"])
    await expect(report.locator(".context")).to_have_text("run r1")


async def test_pictures_are_shown_with_their_words(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    sent = await client.files_upload_v2(
        channel=workspace.channels[ONCALL], content=DOT, filename="a.png", alt_txt="A flat line"
    )
    block = {"type": "image", "slack_file": {"id": sent["file"]["id"]}, "alt_text": "In a block"}
    await client.chat_postMessage(channel=ONCALL, text="x", blocks=[block])
    for words in ("A flat line", "In a block"):
        picture = page.get_by_role("img", name=words)
        await expect(picture).to_be_visible()
        assert await picture.evaluate("node => node.naturalWidth") == 1


async def test_files_are_shown_and_can_be_saved(
    page: Page, workspace: Workspace, client: AsyncWebClient
) -> None:
    await client.files_upload_v2(
        channel=workspace.channels[ONCALL], content=HOSTILE, filename="log.html", title="The log"
    )
    card = page.locator(".file")
    await expect(card).to_contain_text("The log")
    await expect(card.locator("pre")).to_have_text(HOSTILE)
    async with page.expect_download() as download:
        await card.get_by_role("link", name="Download").click()
    assert (await download.value).suggested_filename == "log.html"
