/* The composer with scripts on: word count, size, keys, and choices that lose no text. */
"use strict";

const form = document.getElementById("composer");
if (form) {
  const prompt = form.elements.prompt;
  const words = document.getElementById("prompt-words");
  const wrong = document.getElementById("prompt-wrong");
  const most = Number(form.dataset.most);
  const encoder = new TextEncoder();
  const typed = new Map();
  let tooLong = false;

  const measure = () => {
    const text = prompt.value.trim();
    const number = text ? text.split(/\s+/u).length : 0;
    words.textContent = number === 1 ? "1 word" : `${number.toLocaleString("en")} words`;
    /* only long texts are worth encoding at every key */
    const bytes = prompt.value.length * 3 > most ? encoder.encode(prompt.value).length : 0;
    const was = tooLong;
    tooLong = bytes > most;
    if (tooLong) {
      wrong.lastElementChild.textContent =
        `The prompt has ${bytes.toLocaleString("en")} bytes; ${most.toLocaleString("en")} is the most. Shorten it, or split it over several runs.`;
    }
    if (tooLong || was) {
      wrong.hidden = !tooLong;
      prompt.setAttribute("aria-invalid", String(tooLong));
    }
  };

  /* a card or a depth chooses a recipe: the prompt that is typed stays */
  const choose = (slug) => {
    const picker = document.getElementById("recipe");
    if (!picker) return;
    picker.value = slug;
    picker.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const showChosen = () => {
    const slug = document.getElementById("recipe")?.value;
    for (const card of document.querySelectorAll(".preset[data-recipe]")) {
      if (card.dataset.recipe === slug) card.setAttribute("aria-current", "true");
      else card.removeAttribute("aria-current");
    }
  };
  /* typed like by hand, so that one press of undo brings the earlier text back */
  const write = (text) => {
    prompt.focus();
    prompt.select();
    if (!document.execCommand("insertText", false, text)) prompt.value = text;
    measure();
  };

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const card = event.target.closest("[data-recipe], [data-prompt]");
    if (!card) return;
    event.preventDefault();
    if (card.dataset.prompt !== undefined) {
      write(card.dataset.prompt);
    } else {
      choose(card.dataset.recipe);
      if (!form.contains(card)) prompt.focus({ preventScroll: true });
    }
    if (!form.contains(card)) form.scrollIntoView({ block: "start" });
  });
  form.addEventListener("input", (event) => {
    if (event.target.name?.startsWith("var-")) typed.set(event.target.name, event.target);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "setup") return;
    for (const [name, field] of typed) {
      const now = form.elements[name];
      if (!now) continue;
      if (now.type === "checkbox") now.checked = field.checked;
      else now.value = field.value;
    }
    showChosen();
    nameKeys();
  });

  prompt.addEventListener("input", measure);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector(".go > .button"));
    }
  });
  form.addEventListener("submit", (event) => {
    if (tooLong || form.dataset.sent) {
      event.preventDefault();
      if (tooLong) prompt.focus();
      return;
    }
    form.dataset.sent = "yes";
  });
  /* back from the run's page: the form may be sent again (the token keeps it one run) */
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    measure();
    showChosen();
  });
  const nameKeys = () => {
    const keys = form.querySelector(".go kbd");
    if (keys && navigator.platform.startsWith("Mac")) keys.textContent = "⌘ Enter";
  };
  measure();
  nameKeys();
}
