/* The builder with scripts on: every change is kept at once, by key, drag or button.

   All of it goes through the form's own post, one request after the other. What comes
   back replaces the diagram, the faults and the bar, and the fields only when another
   part was asked for: somebody may be typing in them. */
"use strict";

(() => {
  const PAUSE = 400;
  const query = (selector) => document.querySelector(selector);
  const form = () => document.getElementById("builder");
  if (!form()) return;

  let timer = 0;
  let typed = 0; /* counts keys, so that an answer knows whether it is older than one */
  let unsent = false;
  let busy = false;
  const waiting = [];
  const unfolded = new Map();

  /* ── sending ── */
  function act(todo, options = {}) {
    clearTimeout(timer);
    if (todo === "keep" && waiting.some((each) => each.todo === "keep")) return;
    waiting.push({ todo, ...options });
    send();
  }

  async function send() {
    if (busy || !waiting.length) return;
    busy = true;
    const one = waiting.shift();
    /* a key means what it means once those before it have been answered */
    if (one.key) one.todo = meaning(one.key);
    if (!one.todo) {
      busy = false;
      return send();
    }
    if (one.todo === "leave") return leave(one);
    const quiet = one.todo === "keep";
    const looks = one.todo === "redraw" || one.todo.startsWith("go:");
    one.typed = typed;
    unsent = false;
    if (!quiet && !looks) query("#workshop").inert = true;
    sending = one;
    try {
      await htmx.ajax("POST", form().action, {
        source: form(),
        target: "#workshop",
        swap: quiet ? "none" : "outerHTML",
        values: { do: one.todo },
      });
    } catch {
      /* said by htmx:sendError */
    }
    sending = null;
    query("#workshop").inert = false;
    if (one.denied) {
      unsent = true;
      if (await renewed()) waiting.unshift({ ...one, denied: false, retried: true });
      else say("You are signed out. Sign in in another tab, then go on here.", "/sign-in/");
    }
    busy = false;
    if (one.again) waiting.unshift({ ...one, again: false });
    send();
  }
  let sending = null;

  /* saving goes on to another page: the plain form does it, once all else is kept */
  function leave(one) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "do";
    field.value = one.save;
    unsent = false;
    form().append(field);
    form().submit();
  }

  /* signed out, or in again with another token: htmx would leave what is typed */
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = event.detail;
    if (!sending || sending.retried || ![401, 403].includes(xhr.status)) return;
    event.preventDefault();
    sending.denied = true;
  });

  async function renewed() {
    try {
      const answer = await fetch(form().action);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = page.querySelector("#builder [name=csrfmiddlewaretoken]");
      if (!token) return false;
      query("meta[name=csrf-token]").content = token.value;
      form().elements.csrfmiddlewaretoken.value = token.value;
      return true;
    } catch {
      return false;
    }
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (event.detail.target.id !== "workshop") return;
    if (xhr.status >= 400) {
      event.detail.shouldSwap = true;
      event.detail.target = query("#notice");
      event.detail.swapOverride = "innerHTML";
      unsent = true;
      return;
    }
    query("#notice").replaceChildren();
    const version = xhr.getResponseHeader("X-Version");
    if (version && query("#version")) query("#version").value = version;
    if (sending && sending.todo !== "keep" && sending.typed !== typed) {
      /* somebody typed meanwhile: ask again, with what was typed */
      event.detail.shouldSwap = false;
      sending.again = true;
      return;
    }
    kept = remembered();
    keepScroll();
  });
  let kept = null;

  /* what was scrolled sideways or down inside the page stays so */
  const SCROLLED = ["#diagram > .scroll", ".model-list"];
  let scrolled = [];
  function keepScroll() {
    scrolled = SCROLLED.map((each) => [query(each)?.scrollLeft ?? 0, query(each)?.scrollTop ?? 0]);
  }
  function restoreScroll() {
    SCROLLED.forEach((each, place) => query(each)?.scrollTo(...(scrolled[place] ?? [0, 0])));
  }

  function remembered() {
    const at = document.activeElement;
    return { id: at?.id, name: at?.name, value: at?.value, inDiagram: Boolean(at?.closest("#diagram")) };
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.elt.id !== "workshop" && event.detail.target?.id !== "workshop") return;
    fold();
    markFields();
    restoreScroll();
    const one = sending;
    if (!one || one.todo === "keep") return;
    if (one.field) return goTo(one.field);
    if (one.todo === "redraw") return refocus();
    if (one.then) return goToPart(one.then);
    if (kept?.inDiagram || one.diagram) return focusCurrent();
    refocus();
  });

  function refocus() {
    if (!kept) return;
    const named = kept.name && [...form().elements].find((each) => each.name === kept.name && (each.type !== "radio" || each.value === kept.value) && (each.name !== "do" || each.value === kept.value));
    const again = (kept.id && document.getElementById(kept.id)) || named;
    if (again && !again.disabled) again.focus({ preventScroll: true });
    else if (kept.id || kept.name) focusCurrent();
  }

  function focusCurrent() {
    const current = query("#diagram .seat[aria-current]") || query("#diagram [data-current] h3 a");
    current?.focus({ preventScroll: true });
    current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function goTo(id) {
    const place = document.getElementById(id);
    if (!place) return;
    place.closest("details")?.setAttribute("open", "");
    place.scrollIntoView({ block: "nearest" });
    const field = place.matches("input, textarea, select") ? place : place.querySelector("input:checked") ?? place.querySelector("input:not([type=hidden]), textarea, select");
    field?.focus({ preventScroll: true });
  }

  /* on a phone: to the form, without calling up the keyboard */
  function goToPart(id) {
    const part = document.getElementById(id);
    if (!part) return;
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
    part.scrollIntoView({ block: "start" });
  }

  function say(text, link) {
    const line = document.createElement("p");
    line.append(text);
    if (link) {
      const onward = document.createElement("a");
      onward.href = link;
      onward.target = "_blank";
      onward.textContent = " Sign in";
      line.append(onward);
    }
    query("#notice").replaceChildren(line);
    unsent = true;
  }
  document.addEventListener("htmx:sendError", () => {
    say("No connection: what you did last is not kept yet. It is sent with your next change.");
  });

  /* a fault of a field is told to who listens as well as to who looks */
  function markFields() {
    for (const field of form().querySelectorAll("[aria-describedby*=' w-']")) {
      const wrong = document.getElementById(field.getAttribute("aria-describedby").split(" ").pop());
      if (field.matches("input, textarea, select")) field.toggleAttribute("aria-invalid", false);
      if (wrong && !wrong.hidden && field.matches("input, textarea, select")) field.setAttribute("aria-invalid", "true");
    }
  }
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "diagram") restoreScroll();
    queueMicrotask(markFields);
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (drag?.moving && event.detail.target.id === "diagram") event.detail.shouldSwap = false;
  });

  /* ── typing and choosing ── */
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.id === "model-filter") return filter(field.value);
    if (!field.form || field.form !== form()) return;
    typed += 1;
    unsent = true;
    clearTimeout(timer);
    if (field.dataset.redraw !== undefined) return act("redraw");
    if (field.dataset.do) return field.value ? act(field.dataset.do) : undefined;
    timer = setTimeout(() => act("keep"), PAUSE);
  });
  document.addEventListener("change", (event) => {
    if (event.target.form === form() && unsent && !busy) act("keep");
  });

  function filter(text) {
    const wanted = text.trim().toLowerCase();
    for (const row of document.querySelectorAll(".models tbody tr")) {
      row.hidden = !row.dataset.alias.toLowerCase().includes(wanted) && row.dataset.chosen === undefined;
    }
  }

  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    const todo = event.submitter?.value || "keep";
    if (todo.startsWith("save")) return act("leave", { save: todo });
    act(todo);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#workshop a[data-go], #workshop a[data-place]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (drag?.moved) return;
    /* Enter on what is chosen already leads into its form */
    if (!event.detail && link.ariaCurrent) return goTo(link.hash.slice(1));
    const narrow = matchMedia("(max-width: 860px)").matches;
    const fromDiagram = Boolean(link.closest("#diagram"));
    const section = link.hash.slice(1);
    act(`go:${link.dataset.go ?? link.dataset.place}`, {
      field: link.dataset.field,
      then: narrow && fromDiagram ? section : "",
      diagram: fromDiagram,
    });
  });

  /* the last word before the page goes: what was typed within the pause */
  addEventListener("pagehide", () => {
    if (!unsent || !form()) return;
    const body = new FormData(form());
    body.set("do", "keep");
    if (busy) body.set("version", "*");
    navigator.sendBeacon(form().action, body);
    unsent = false;
  });

  /* ── keys ── */
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      return act("leave", { save: "save" });
    }
    if (event.key === "Escape") return endDrag();
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const letter = "nldu".includes(event.key.toLowerCase());
    if (letter ? !inDiagram : !(event.key in ARROWS) && event.key !== "Delete") return;
    if (event.repeat && !(event.key in ARROWS)) return;
    event.preventDefault();
    act("", { key: { key: event.key, shiftKey: event.shiftKey }, diagram: true });
  });

  /* letters work where the diagram has the focus, or had it before an answer came */
  let inDiagram = false;
  document.addEventListener("focusin", (event) => { inDiagram = Boolean(event.target.closest("#diagram")); });

  function isTyping(target) {
    if (target.closest("textarea, select, [contenteditable]")) return true;
    return target.closest("input, summary, .seg, .save-bar, .topbar") !== null;
  }

  function meaning({ key, shiftKey }) {
    const [layer, slot] = place();
    const step = ARROWS[key];
    if (step) return shiftKey ? moves(key, layer, slot) : goes(step, layer, slot);
    switch (key.toLowerCase()) {
      case "delete": return layer >= 0 ? "remove" : "";
      case "n": return layer >= 0 ? "slot-add" : "";
      case "l": return "layer-add";
      case "d": return layer >= 0 ? "duplicate" : "";
      default: return shiftKey ? "redo" : "undo";
    }
  }

  function place() {
    const [layer, slot] = query("#place").value.split(".~").map(Number);
    return [layer - 1, slot === undefined ? -1 : slot - 1];
  }

  function moves(key, layer, slot) {
    if (layer < 0) return "";
    if (slot < 0) return { ArrowLeft: "layer-left", ArrowRight: "layer-right" }[key] || "";
    return { ArrowLeft: "slot-left", ArrowRight: "slot-right", ArrowUp: "slot-up", ArrowDown: "slot-down" }[key];
  }

  /* sideways to the slot that stands nearest, up and down within the layer; above its
     first slot stands the layer itself, before the first layer the whole recipe */
  function goes([x, y], layer, slot) {
    const columns = [...document.querySelectorAll("#diagram .layer")].map((each) => each.querySelectorAll(".seat").length);
    if (y) {
      if (layer < 0) return "";
      const to = slot + y;
      return to < -1 || to >= columns[layer] ? "" : `go:${spelled(layer, to)}`;
    }
    const to = layer + x;
    if (to < -1 || to >= columns.length) return "";
    if (to < 0) return "go:0";
    return `go:${spelled(to, slot < 0 && layer >= 0 ? -1 : nearest(columns, layer, slot, to))}`;
  }

  function nearest(columns, layer, slot, to) {
    const middle = layer < 0 ? 0 : slot - (columns[layer] - 1) / 2;
    return Math.max(0, Math.min(columns[to] - 1, Math.round(middle + (columns[to] - 1) / 2)));
  }

  function spelled(layer, slot) {
    return slot < 0 ? `${layer + 1}` : `${layer + 1}.~${slot + 1}`;
  }

  /* ── drag ── */
  let drag = null;
  const FAR = 6;

  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.("#diagram")) event.preventDefault();
  });

  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest("#diagram [data-drag]");
    drag = null;
    if (!handle || event.button || event.pointerType === "touch" || event.target.closest("button")) return;
    const layer = Number(handle.closest(".layer").dataset.layer);
    const slot = handle.dataset.drag === "slot" ? [...handle.closest(".seats").children].indexOf(handle.parentElement) : -1;
    drag = { handle, layer, slot, x: event.clientX, y: event.clientY, moving: false };
  });

  document.addEventListener("pointermove", (event) => {
    if (!drag || drag.ended) return;
    const dx = event.clientX - drag.x;
    const dy = event.clientY - drag.y;
    if (!drag.moving && Math.hypot(dx, dy) < FAR) return;
    if (!drag.moving) begin();
    drag.handle.style.translate = `${dx}px ${dy}px`;
    drag.to = drag.slot < 0 ? layerGap(event.clientX) : slotGap(event.clientX, event.clientY);
    showMark(drag.to);
  });

  document.addEventListener("pointerup", () => {
    if (!drag?.moving) return;
    const { layer, slot, to } = drag;
    endDrag();
    if (!to) return;
    if (slot < 0) {
      const at = to.at > layer ? to.at - 1 : to.at;
      if (at !== layer) act(`layer-to:${layer}:${at}`, { diagram: true });
      return;
    }
    const at = to.layer === layer && to.at > slot ? to.at - 1 : to.at;
    if (to.layer !== layer || at !== slot) act(`slot-to:${layer}.${slot}:${to.layer}.${at}`, { diagram: true });
  });
  document.addEventListener("pointercancel", endDrag);

  function begin() {
    drag.moving = drag.moved = true;
    clearTimeout(timer);
    drag.handle.dataset.dragging = "";
    query("#diagram").dataset.dropping = "";
    drag.mark = document.createElement("div");
    drag.mark.className = "drop-mark";
    query("#diagram .scroll").append(drag.mark);
  }

  function endDrag() {
    if (!drag?.moving) return;
    drag.moving = false;
    drag.ended = true;
    drag.mark.remove();
    drag.handle.style.translate = "";
    delete drag.handle.dataset.dragging;
    delete query("#diagram").dataset.dropping;
    if (unsent) timer = setTimeout(() => act("keep"), PAUSE);
  }

  const boxes = () => [...document.querySelectorAll("#diagram .layer")].map((each) => ({ layer: each, box: each.querySelector("header").getBoundingClientRect() }));

  function slotGap(x, y) {
    const columns = boxes();
    const distance = ({ box }) => (x < box.left ? box.left - x : x > box.right ? x - box.right : 0);
    const near = columns.reduce((one, other) => (distance(other) < distance(one) ? other : one));
    const seats = [...near.layer.querySelectorAll(".seats > li")].filter((each) => each.querySelector(".seat"));
    const middles = seats.map((each) => { const box = each.getBoundingClientRect(); return drag.handle.parentElement === each ? drag.y : (box.top + box.bottom) / 2; });
    const at = middles.filter((middle) => middle < y).length;
    const list = near.layer.querySelector(".seats").getBoundingClientRect();
    const first = seats[0]?.getBoundingClientRect();
    const top = seats.length ? (at < seats.length ? seats[at].getBoundingClientRect().top : seats[at - 1].getBoundingClientRect().bottom) : (first ?? list).top;
    return { layer: columns.indexOf(near), at, mark: { left: list.left, top: top - 2, width: list.width, height: 3 } };
  }

  function layerGap(x) {
    const columns = boxes();
    const at = columns.filter(({ box, layer }) => (drag.handle.closest(".layer") === layer ? drag.x : (box.left + box.right) / 2) < x).length;
    const edge = at < columns.length ? columns[at].layer.getBoundingClientRect().left : columns[at - 1].layer.getBoundingClientRect().right;
    const area = query("#diagram .mixture").getBoundingClientRect();
    return { at, mark: { left: edge - 2, top: area.top, width: 3, height: area.height } };
  }

  function showMark({ mark }) {
    const scroll = query("#diagram .scroll");
    const around = scroll.getBoundingClientRect();
    drag.mark.style.left = `${mark.left - around.left + scroll.scrollLeft}px`;
    drag.mark.style.top = `${mark.top - around.top}px`;
    drag.mark.style.width = `${mark.width}px`;
    drag.mark.style.height = `${mark.height}px`;
  }

  /* ── folding: on a phone, what is as usual is folded until somebody opens it ── */
  function fold() {
    const narrow = matchMedia("(max-width: 700px)").matches;
    for (const set of document.querySelectorAll("details[data-group]")) {
      const chosen = unfolded.get(set.dataset.group);
      if (chosen !== undefined) set.open = chosen;
      else if (narrow && set.dataset.set === undefined) set.open = false;
    }
  }
  document.addEventListener("click", (event) => {
    const set = event.target.closest("summary")?.parentElement;
    if (set?.dataset.group) unfolded.set(set.dataset.group, !set.open);
  });
  fold();
  markFields();
})();
