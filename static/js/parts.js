/* Parts of a run's page that arrive as HTML, swapped by id. Whoever reads keeps the place:
   a selection is never swapped away, focus, scroll and what was opened stay. */
"use strict";

const pageParts = ({ texts, swapped }) => {
  const held = new Map();      /* id → a part that waits for a selection to end */
  const scrolled = new Set();  /* ids of the boxes that somebody scrolled by hand */

  const byHand = (event) => {
    const box = event.target.closest?.(".text");
    if (box && box.scrollHeight > box.clientHeight) scrolled.add(box.id);
  };
  for (const name of ["wheel", "touchmove", "pointerdown"]) {
    document.addEventListener(name, byHand, { passive: true, capture: true });
  }
  document.addEventListener("keydown", (event) => {
    if (/^(Arrow|Page|Home|End| )/.test(event.key)) byHand(event);
  }, true);

  const selected = (id) => {
    const selection = getSelection();
    const target = document.getElementById(id);
    return Boolean(target && selection && !selection.isCollapsed && selection.containsNode(target, true));
  };

  /* ── what a swap must not lose ── */
  const NAMES = ["aria-label", "href", "data-copy", "data-pick", "formaction", "value"];
  const alike = (node) => {
    const tag = node.localName;
    const name = NAMES.find((one) => node.hasAttribute(one));
    return name ? `${tag}[${name}="${CSS.escape(node.getAttribute(name))}"]` : tag;
  };
  const focusNow = () => {
    const node = document.activeElement;
    if (!node || node === document.body) return () => {};
    const home = node.parentElement?.closest("[id]");
    const selector = node.id ? `#${CSS.escape(node.id)}` : alike(node);
    return () => {
      if (node.isConnected) return;
      const again = node.id
        ? document.getElementById(node.id)
        : document.getElementById(home?.id)?.querySelector(selector);
      (again ?? document.getElementById(home?.id))?.focus({ preventScroll: true });
    };
  };
  const openNow = () => {
    const opened = [...document.querySelectorAll("#run details[open]")].map((one) => {
      const home = one.parentElement.closest("[id]");
      return [one, home?.id, one.className, one.querySelector("summary")?.textContent];
    });
    return () => {
      for (const [one, id, kind, title] of opened) {
        if (one.isConnected || !id) continue;
        const found = [...(document.getElementById(id)?.querySelectorAll("details") ?? [])];
        const same = found.find((each) => each.className === kind && each.querySelector("summary")?.textContent === title);
        if (same) same.open = true;
      }
    };
  };
  const scrollNow = () => {
    const boxes = [...document.querySelectorAll(".text")].map(
      (box) => [box, box.id, box.scrollTop, texts.atTail(box), Boolean(box.closest(".draft[data-status=done]"))]);
    return () => {
      for (const [old, id, top, tail, wasDone] of boxes) {
        const box = old.isConnected ? null : document.getElementById(id);
        if (!box) continue;
        const isDone = Boolean(box.closest(".draft[data-status=done]"));
        /* what is done is read from its beginning, unless somebody is at it */
        if (isDone && !wasDone && !scrolled.has(id)) box.scrollTop = 0;
        else box.scrollTop = tail && top > 0 ? box.scrollHeight : top;
      }
    };
  };

  /* ── putting parts in the place of what they replace ── */
  const put = (part, always) => {
    const target = document.getElementById(part.id);
    if (!target) return null;
    if (part.getAttribute("hx-swap-oob") === "innerHTML") {
      target.replaceChildren(...part.childNodes);
      return null;
    }
    part.removeAttribute("hx-swap-oob");
    const fragment = document.createDocumentFragment();
    fragment.append(part);
    const detail = { target, fragment, shouldSwap: true };
    target.dispatchEvent(new CustomEvent("htmx:oobBeforeSwap", { bubbles: true, detail }));
    if (!detail.shouldSwap && !always) return null;
    target.replaceWith(part);
    return part;
  };
  /* all at once: what the page measures it measures once, not once a part */
  const place = (parts, { always = false } = {}) => {
    if (!parts.length) return;
    texts.flush();
    const kept = [focusNow(), openNow(), scrollNow()];
    const fresh = parts.map((part) => put(part, always)).filter(Boolean);
    for (const part of fresh) {
      htmx.process(part);
      part.dispatchEvent(new CustomEvent("htmx:oobAfterSwap", { bubbles: true }));
      part.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: part } }));
    }
    texts.forget();
    for (const give of kept) give();
    swapped();
  };

  const partsOf = (html) => {
    const parsed = document.createElement("template");
    parsed.innerHTML = html;
    return [...parsed.content.children];
  };
  /* a part that waits must not bring back what has been replaced in it since */
  const renew = (part) => {
    for (const [id, waiting] of held) {
      if (id === part.id) continue;
      const inside = waiting.querySelector(`#${CSS.escape(part.id)}`);
      if (!inside) continue;
      const fresh = part.cloneNode(true);
      fresh.removeAttribute("hx-swap-oob");
      inside.replaceWith(fresh);
    }
  };
  const pending = new Map();   /* id → its newest version; in the order of those */
  const add = (html) => {
    for (const part of partsOf(html)) {
      pending.delete(part.id);
      pending.set(part.id, part);
    }
  };
  const flush = () => {
    const now = [];
    for (const part of pending.values()) {
      renew(part);
      held.delete(part.id);
      if (selected(part.id)) held.set(part.id, part);
      else now.push(part);
    }
    pending.clear();
    place(now);
  };
  const release = () => {
    const free = [...held].filter(([id]) => !selected(id));
    for (const [id] of free) held.delete(id);
    place(free.map(([, part]) => part));
  };
  document.addEventListener("selectionchange", release);
  return { add, flush, place, drop: () => held.clear() };
};
