/* Keys: a dialog that lists those of this page (?), and what they do. None acts while
   somebody types, with a modifier, or once they are switched off. */
"use strict";

(() => {
  const OFF = "moa-keys-off";
  const find = (selector) => document.querySelector(selector);
  const shown = (node) => node && node.getClientRects().length > 0;
  const seen = (selector) => [...document.querySelectorAll(selector)].find(shown);

  /* ── going from draft to draft ── */
  const stops = () => [...document.querySelectorAll("#answer, article.draft")].filter(shown);
  const current = () => {
    const all = stops();
    const focused = all.findIndex((one) => one.contains(document.activeElement));
    if (focused >= 0) return focused;
    const strip = find(".flow")?.getBoundingClientRect().bottom ?? 0;
    return all.findIndex((one) => one.getBoundingClientRect().bottom > strip + 40);
  };
  const go = (step) => {
    const near = find(step > 0 ? ".focus-bar [rel=next]" : ".focus-bar [rel=prev]");
    if (find(".focus-bar")) {
      near?.click();
      return;
    }
    const all = stops();
    const focused = all.some((one) => one.contains(document.activeElement));
    const to = all[focused ? current() + step : Math.max(0, current())];
    if (!to) return;
    if (!to.hasAttribute("tabindex")) to.tabIndex = -1;
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  };
  const inDraft = (selector) => {
    const one = stops()[current()];
    return one?.querySelector(selector);
  };
  const press = (node) => node?.click();
  const focus = (node) => {
    node?.focus();
    node?.select?.();
  };

  const SEARCH = "input[type=search]:not([disabled])";
  const COMPARE = 'a[href*="view=compare"]';
  const FOCUS = 'a[href*="view=focus"]';
  const KEYS = [
    { key: "/", words: "Search", here: () => shown(find(SEARCH)), act: () => focus(find(SEARCH)) },
    { key: "j", words: "Next draft", here: () => find("#run"), act: () => go(1) },
    { key: "k", words: "Draft before", here: () => find("#run"), act: () => go(-1) },
    { key: "f", words: "Draft alone, in focus", here: () => find("#run") && seen(FOCUS), act: () => press(inDraft(FOCUS) ?? seen(FOCUS)) },
    { key: "c", words: "Compare two texts", here: () => find("#run") && seen(COMPARE), act: () => press(inDraft(COMPARE) ?? seen(COMPARE)) },
    { key: "s", words: "Go to Stop, without pressing it", here: () => shown(find("#stop button")), act: () => focus(find("#stop button")) },
    { key: "r", words: "Replay", here: () => find("[data-replays]"), act: () => press(find("[data-replays]")) },
    { key: "p", words: "Play or pause the replay", here: () => find("[data-replay]"), act: () => press(find("[data-play]")) },
    { key: "?", words: "This list", here: () => true, act: () => open() },
  ];
  /* what pages do with keys of their own; said here, done there */
  const ALSO = [
    { selector: "#composer", keys: ["Ctrl", "Enter"], words: "Run what is typed" },
    { selector: "#replay", keys: ["←", "→"], words: "On the scrubber: back and on; Page Up and Page Down from layer to layer" },
    { selector: "[data-pick]", keys: ["←", "→"], words: "On a tab: the one before, the next" },
  ];

  /* ── the dialog ── */
  const dialog = document.getElementById("keys");
  const isOff = () => localStorage.getItem(OFF) === "yes";
  const kbd = (key) => {
    const node = document.createElement("kbd");
    node.textContent = key;
    return node;
  };
  const row = (keys, words) => {
    const item = document.createElement("div");
    const name = document.createElement("dt");
    const what = document.createElement("dd");
    name.append(...keys.flatMap((key, at) => (at ? [" ", kbd(key)] : [kbd(key)])));
    what.textContent = words;
    item.append(name, what);
    return item;
  };
  const listed = () => [
    ...KEYS.filter((one) => one.here()).map((one) => row([one.key], one.words)),
    ...ALSO.filter((one) => find(one.selector)).map((one) => row(one.keys, one.words)),
    ...[...document.querySelectorAll(".key-list > span")].map((one) => {
      const keys = [...one.querySelectorAll("kbd")].map((key) => key.textContent);
      return row(keys, one.lastChild.textContent.trim());
    }),
    row(["Esc"], "Close what is open; nothing typed is lost"),
  ];
  const open = () => {
    if (dialog.open) return;
    dialog.querySelector("dl").replaceChildren(...listed());
    dialog.querySelector("[name=off]").checked = isOff();
    dialog.showModal();
  };
  dialog.querySelector("[name=off]").addEventListener("change", (event) => {
    if (event.target.checked) localStorage.setItem(OFF, "yes");
    else localStorage.removeItem(OFF);
  });
  /* a press beside the dialog closes it too */
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  for (const button of document.querySelectorAll("[data-keys]")) {
    button.hidden = false;
    button.addEventListener("click", open);
  }

  /* browsers empty a search field at Esc; what was typed is not ours to destroy */
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.matches?.("input[type=search]")) event.preventDefault();
  });

  /* ── the keys ── */
  const TYPES = "input, textarea, select, [contenteditable]:not([contenteditable=false])";
  const isTyping = (node) => node.closest?.(TYPES) && !node.matches("input[type=range], input[type=checkbox], input[type=radio], input[type=button]");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat && event.key !== "j" && event.key !== "k") return;
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
    if (find("dialog[open]") || isOff()) return;
    const one = KEYS.find((each) => each.key === event.key);
    if (!one?.here()) return;
    event.preventDefault();
    one.act();
  });
})();
