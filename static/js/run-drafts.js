/* What a reader may do with a draft: see it as it was written, load what is folded away,
   stop it or have it tried again. Links and forms do the same without scripts. */
"use strict";

(() => {
  /* what follows an answer is not thrust upon who has just watched it come */
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href="#follow-up"], a[href="#worth"]');
    if (!link) return;
    const place = document.querySelector(link.getAttribute("href"));
    if (!place) location.assign(`?${link.hash}`);
    else if (place.hidden) place.hidden = false;
  });

  /* ── rendered or as it was written ── */
  const rendered = new WeakMap();
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-raw]");
    const prose = link && document.getElementById(link.dataset.raw);
    if (!prose || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const isRaw = prose.classList.toggle("raw");
    link.textContent = isRaw ? "Rendered" : "Source";
    if (!isRaw && rendered.has(prose)) {
      prose.replaceChildren(rendered.get(prose));
      return;
    }
    const kept = document.createDocumentFragment();
    kept.append(...prose.childNodes);
    rendered.set(prose, kept);
    const source = document.createElement("pre");
    source.textContent = prose.dataset.source;
    prose.append(source);
  });

  /* ── parts that are loaded when somebody asks for them; their links work without us ── */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const { swap } = link.dataset;
    htmx.ajax("GET", link.href.split("#")[0], { target: swap, select: swap, swap: "outerHTML" });
    history.replaceState(null, "", link.href);
  });
  document.addEventListener("toggle", (event) => {
    const lazy = event.target.open && event.target.querySelector("[data-lazy]");
    const link = lazy && lazy.querySelector("a");
    if (!link) return;
    htmx.ajax("GET", link.href, { target: lazy, select: lazy.dataset.lazy, swap: "innerHTML" });
    lazy.removeAttribute("data-lazy");
  }, true);

  /* ── wishes for a running run: what comes of them comes by the feed ── */
  const refuse = (words) => {
    const banner = document.getElementById("run-link");
    banner.dataset.tone = "bad";
    banner.textContent = words;
    banner.hidden = false;
  };
  document.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button || !("quiet" in button.dataset)) return;
    event.preventDefault();
    button.disabled = true;
    const body = new FormData(event.target);
    if (button.name) body.append(button.name, button.value);
    const headers = { Accept: "application/json" };
    const answer = await fetch(button.formAction, { method: "POST", body, headers });
    button.disabled = false;
    if (answer.ok) return;
    const told = await answer.json().catch(() => ({}));
    refuse(told.error?.message ?? "That could not be done. Load the page again and try once more.");
  });
})();
