"use strict";

/*
 * The form of a new job. The JobSpec in the editor is the truth; the fields above it show a part of it, and write that part.
 * Without JavaScript the editor works alone.
 */
(() => {
  const form = document.querySelector("[data-new-job]");
  if (!form) {
    return;
  }
  const spec = form.elements.spec;
  const key = form.querySelector("[data-idempotency-key]");
  const pickers = form.querySelector("[data-pickers]");
  const off = form.querySelector("[data-pickers-off]");
  const models = form.querySelector("[data-pick=models]");
  const prompt = form.querySelector("[data-pick=prompt]");
  const regions = [...form.querySelectorAll("[data-pick=regions]")];

  pickers.hidden = false;
  form.querySelectorAll("[data-without-script]").forEach((element) => (element.hidden = true));

  /* ---- The key names what was in the form when it was made: a form that has changed is another job. */

  let keyed = spec.value;

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function changed() {
    if (spec.value !== keyed) {
      keyed = spec.value;
      key.value = newKey();
    }
  }

  /* ---- From the editor to the fields. */

  const isText = (value) => typeof value === "string";
  const isTexts = (value) => value === undefined || (Array.isArray(value) && value.every(isText));

  function read() {
    try {
      const document = JSON.parse(spec.value);
      const isObject = document !== null && typeof document === "object" && !Array.isArray(document);
      return isObject && isTexts(document.models) && isTexts(document.regions) ? document : null;
    } catch {
      return null;
    }
  }

  const namesOf = (box) => [box.value, ...(box.dataset.names ?? "").split(" ").filter(Boolean)].map((name) => name.toLowerCase());
  const write = (field, value) => field !== document.activeElement && field.value !== value && (field.value = value);

  function show() {
    const document = read();
    off.hidden = document !== null;
    for (const field of [models, prompt, ...regions]) {
      field.disabled = document === null;
    }
    if (document) {
      const named = (document.regions ?? []).map((name) => name.trim().toLowerCase());
      write(models, (document.models ?? []).join("\n"));
      write(prompt, isText(document.prompt) ? document.prompt : "");
      prompt.disabled = document.prompt !== undefined && !isText(document.prompt);
      for (const box of regions) {
        box.checked = namesOf(box).some((name) => named.includes(name));
      }
    }
  }

  /* ---- From the fields to the editor. */

  function pick(field) {
    const document = read();
    if (!document) {
      return;
    }
    if (field === models) {
      document.models = models.value.split("\n").map((id) => id.trim()).filter(Boolean);
    } else if (field === prompt) {
      document.prompt = prompt.value;
    } else {
      const others = (document.regions ?? []).filter((name) => !namesOf(field).includes(name.trim().toLowerCase()));
      document.regions = field.checked ? [...others, field.value] : others;
    }
    spec.value = JSON.stringify(document, null, 2);
    spec.dispatchEvent(new Event("input", { bubbles: true }));
  }

  form.addEventListener("input", (event) => {
    if (event.target === spec) {
      changed();
      show();
    } else if (event.target.dataset.pick) {
      pick(event.target);
    }
  });

  /* ---- A fault leads to its line. */

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-go-to-line]");
    if (button) {
      const lines = spec.value.split("\n");
      const line = Number(button.value) - 1;
      const start = lines.slice(0, line).reduce((length, text) => length + text.length + 1, 0);
      spec.focus();
      spec.setSelectionRange(start, start + (lines[line] ?? "").length);
      spec.scrollTop = Math.max(0, (spec.scrollHeight / lines.length) * (line - 3));
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "plan") {
      spec.toggleAttribute("aria-invalid", false);
      if (event.target.querySelector(".faults")) {
        spec.setAttribute("aria-invalid", "true");
      }
    }
  });

  /* A browser that comes back to the form has filled it again, with the key of what was in it. */
  show();
  if (spec.value !== spec.defaultValue) {
    spec.dispatchEvent(new Event("input", { bubbles: true }));
  }
})();
