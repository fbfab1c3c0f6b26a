"""Texts that try to be more than text, and a judge of pages that were made from them."""

from __future__ import annotations

from playwright.async_api import Page

# Each would call alert(), set `pwned`, or fetch from a port where nobody listens.
ATTACKS = {
    "script": "<script>window.pwned=1;alert('script')</script>",
    "image": "<img src=x onerror=\"window.pwned=1;alert('img')\">",
    "svg": "<svg/onload=alert('svg')><animate onbegin=alert(1) attributeName=x></svg>",
    "end-script": "</script></style></textarea></title><script>alert('end')</script>",
    "attribute": "\" onmouseover=alert('attr') autofocus onfocus=alert('focus') x=\"",
    "quote": "' onfocus='alert(1)' autofocus tabindex='1",
    "htmx": '<b hx-get="http://127.0.0.1:1/hx" hx-trigger="load" hx-on:load="alert(1)">b</b>',
    "htmx-data": '<b data-hx-get="/sign-out/" data-hx-trigger="load">b</b>',
    "oob": '<div id="run-status" hx-swap-oob="true">owned</div>',
    "style": '<p style="background:url(http://127.0.0.1:1/style.png)">styled</p>',
    "sheet": "<style>@import 'http://127.0.0.1:1/sheet.css'; *{display:none}</style>",
    "link": '<link rel="stylesheet" href="http://127.0.0.1:1/link.css">',
    "frame": "<iframe src=\"javascript:alert('frame')\" srcdoc='<script>alert(1)</script>'></iframe>",
    "base": '<base href="http://127.0.0.1:1/"><meta http-equiv=refresh content="0;url=http://127.0.0.1:1/">',
    "form": '<form action="http://127.0.0.1:1/"><button autofocus>x</button></form>',
    "markdown-script": "[click](javascript:alert('md'))",
    "markdown-entity": "[click](&#106;avascript:alert('md'))",
    "markdown-data": "[click](data:text/html,<script>alert(1)</script>)",
    "markdown-vb": "<javascript:alert('auto')> <http://127.0.0.1:1/auto>",
    "markdown-image": '![alt](http://127.0.0.1:1/x.png "title")',
    "markdown-title": "[a](http://127.0.0.1:1/ \"t' onclick='alert(1)\")",
    "reference": "[ref]\n\n[ref]: javascript:alert('ref') 'x'",
    "template": "{{7*7}} {% load static %} {{ request.user.password }} ${7*7}",
    "cdata": "]]><script>alert('cdata')</script><![CDATA[ --><!--",
    "entity": "&lt;script&gt;alert('entity')&lt;/script&gt; &#x3c;script&#x3e;",
    "rtl": "\u202eevil\u202c \u2066hidden\u2069 \u200b\ufeff",
    "separator": "line\u2028separator\u2029paragraph",
    "emoji": "\U0001f469\u200d\U0001f4bb e\u0301 \ufffd",
    "fence": "```html\n<script>alert('fence')</script>\n```",
    "long-fence": "````\n```\n<img src=x onerror=alert('long')>\n````",
    "table": "| a | <img src=x onerror=alert('cell')> |\n|---|---|\n| b | `<script>` |",
}
ALL = "\n\n".join(ATTACKS.values())

JUDGE = """() => {
  const faults = [];
  const say = (what, element) => faults.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      // Our own attributes lead to our own pages, and stand in no text of a model.
      const leads = /^hx-(get|post|put|patch|delete)$/.test(name);
      const ours = /^hx-(?!on|swap-oob)/.test(name)
        && !element.closest(".text, .written, .prose, .stream")
        && (!leads || /^(\\?|\\/(runs|recipes|notices|estimate)\\/|\\/$)/.test(value));
      if (name.startsWith("on") || (/^(data-)?hx-/.test(name) && !ours)) say(name, element);
      if (/^(href|src|action|formaction|xlink:href|srcdoc)$/.test(name)
          && /^\\s*(javascript|data|vbscript):/i.test(value)) say(name, element);
    }
  }
  for (const element of document.querySelectorAll("iframe, base, object, embed, meta[http-equiv], style")) {
    say("element", element);
  }
  for (const text of document.querySelectorAll(".prose, .stream, [data-stream], [data-final]")) {
    for (const element of text.querySelectorAll("*")) {
      // What reading adds: code boxes with a button, coloured code, letters of drafts.
      if (element.matches("button.copy-code, sup.from, a[data-slot][href^='#draft-']")) continue;
      for (const { name, value } of element.attributes) {
        const coloured = name === "class" && /^(t-[a-z0-9]+|code-box)$/.test(value);
        const fitted = element.localName === "pre" && ["data-fitted", "tabindex"].includes(name);
        if (!["href", "rel", "start"].includes(name) && !coloured && !fitted) say(name, element);
      }
      if (/^(img|svg|script|style|link|form|input|button|video|audio)$/i.test(element.tagName)) say("element", element);
    }
  }
  if (window.pwned) faults.push("a script ran");
  return faults;
}"""


async def faults_of(page: Page) -> list[str]:
    """What on the page came from a text and is more than text."""
    found: list[str] = await page.evaluate(JUDGE)
    return found
