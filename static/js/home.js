/* The composer with scripts on: word count, size, keys, the chosen recipe's variables. */
"use strict";

const form = document.getElementById("composer");
if (form) {
  const prompt = form.elements.prompt;
  const words = document.getElementById("prompt-words");
  const wrong = document.getElementById("prompt-wrong");
  const most = Number(form.dataset.most);
  const encoder = new TextEncoder();
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

  const showVariables = () => {
    const chosen = form.elements.recipe?.value;
    for (const set of form.querySelectorAll(".variables")) {
      set.hidden = set.disabled = set.dataset.recipe !== chosen;
    }
  };

  prompt.addEventListener("input", measure);
  form.addEventListener("change", showVariables);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
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
    showVariables();
  });
  measure();
  showVariables();
  if (navigator.platform.startsWith("Mac")) {
    const keys = form.querySelector(".go kbd");
    if (keys) keys.textContent = "⌘ Enter";
  }
}
