/* What a reader does with a run's page, and what the page does by itself between two
   entries of the feed. run.js writes the text and swaps the parts; nothing here speaks
   with the server. Without scripts the page is complete, if it stands still. */
"use strict";

(() => {
  const page = document.getElementById("run");
  const PHONE = matchMedia("(max-width: 700px)");
  const all = (selector, root = document) => root.querySelectorAll(selector);

  /* ── tabs: one draft of each layer ── */
  const picked = new Map();    /* section id → draft key */
  const sectionOf = (node) => node.closest(".layer");
  const showPick = (section) => {
    const key = picked.get(section.id);
    if (!key) return;
    for (const card of all(".draft", section)) card.toggleAttribute("data-picked", card.dataset.key === key);
    for (const link of all("[data-pick]", section)) {
      if (link.dataset.pick === key) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  for (const card of all(".draft[data-picked]")) picked.set(sectionOf(card).id, card.dataset.key);
  const pick = (link) => {
    const section = sectionOf(link);
    picked.set(section.id, link.dataset.pick);
    showPick(section);
    history.replaceState(null, "", link.href);
    const folded = section.querySelector(".draft[data-picked][data-folded]");
    if (!folded) return;
    const card = `#${folded.id}`;
    htmx.ajax("GET", link.href.split("#")[0], { target: card, select: card, swap: "outerHTML" });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-pick]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    pick(link);
  });

  /* ── arrows: between tabs, and from draft to draft in focus ── */
  const typing = (node) => node.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || typing(event.target)) return;
    const tab = event.target.closest("[data-pick]");
    if (tab) {
      const tabs = [...all("[data-pick]", sectionOf(tab))];
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      event.preventDefault();
      pick(next);
      next.focus();
    } else if (page.dataset.view === "focus") {
      document.querySelector(step < 0 ? ".focus-bar [rel=prev]" : ".focus-bar [rel=next]")?.click();
    }
  });

  /* ── the switch says which view it is when nobody chose ── */
  const sayView = () => {
    if (page.dataset.view !== "auto") return;
    for (const link of all("[data-view-of]")) {
      const current = (link.dataset.viewOf === "tabs") === PHONE.matches;
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };
  PHONE.addEventListener("change", sayView);
  sayView();

  /* ── who read whom: the wires of the slot at hand ── */
  const columns = document.querySelector(".columns");
  const lightWires = (event) => {
    const key = event.target.closest?.(".seat")?.dataset.key;
    columns.toggleAttribute("data-lit", Boolean(key));
    for (const wire of all(".wires path", columns)) {
      const ends = `${wire.dataset.start} ${wire.dataset.end}`.split(" ");
      wire.toggleAttribute("data-lit", Boolean(key) && ends.includes(key));
    }
  };
  for (const name of ["pointerover", "pointerout", "focusin", "focusout"]) {
    columns.addEventListener(name, (event) => {
      lightWires(name.endsWith("out") ? { target: event.relatedTarget ?? document.body } : event);
    });
  }

  /* ── parts that are swapped: keep the reader where they are ── */
  const chosen = (node) => {
    const selection = getSelection();
    return selection && !selection.isCollapsed && selection.containsNode(node, true);
  };
  const AWAY = 24;
  const isRead = (section) =>
    section.matches(":hover")
    || section.contains(document.activeElement)
    || chosen(section)
    || section.getBoundingClientRect().top < innerHeight * 0.25
    || [...all(".text", section)].some(
      (box) => box.scrollTop > 0 && box.scrollHeight - box.scrollTop - box.clientHeight > AWAY);

  const anchorNow = () => {
    const selection = getSelection();
    const node = selection && !selection.isCollapsed ? selection.anchorNode?.parentElement : null;
    const here = [node, document.activeElement, ...all(".draft:hover, .layer:hover, #timeline:hover")];
    return here.find((one) => one && one !== document.body && page.contains(one) && !one.closest(".flow, .run-head, .replay"));
  };
  let anchor = null;
  let anchorTop = 0;
  const keepPlace = () => {
    const moved = anchor?.isConnected ? anchor.getBoundingClientRect().top - anchorTop : 0;
    anchor = null;
    if (Math.abs(moved) > 1) scrollBy({ top: moved, behavior: "instant" });
  };
  const remember = () => {
    if (anchor) return;
    anchor = anchorNow() ?? page;
    anchorTop = anchor.getBoundingClientRect().top;
    queueMicrotask(keepPlace);
  };

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target } = event.detail;
    if (!target.classList.contains("layer")) return;
    const folds = event.detail.fragment.firstElementChild?.hasAttribute("data-folded");
    /* who reads it keeps it open; a later visit finds it folded */
    const opened = !target.hidden && !target.hasAttribute("data-folded");
    if (folds && opened && isRead(target)) event.detail.shouldSwap = false;
    remember();
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const part = event.target;
    const section = part.closest?.(".layer");
    if (section) showPick(section);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const section = event.target.closest?.(".layer");
    if (section) showPick(section);
  });

})();
