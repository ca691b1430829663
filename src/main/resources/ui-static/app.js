"use strict";

/*
 * What all pages share: the reader's own times, the tick that live lists ask by, the one stream of a page, copy buttons,
 * polite announcements, and the token that changes carry. Everything hangs on attributes, so that a page needs no script of
 * its own; a page without JavaScript shows the same, and does not move.
 */
(() => {
  const TICK = 2000;
  const STREAM_RETRY = 5000;
  const BETWEEN_EVENTS = 1000;
  const BETWEEN_ANNOUNCEMENTS = 5000;

  const visible = () => document.visibilityState === "visible";
  const send = (element, name, detail) =>
    element.dispatchEvent(new CustomEvent(name, { detail, bubbles: false }));

  /* ---- Times: <time datetime>, whose text is UTC until it is written in the reader's zone and way. */

  const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const today = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

  function writeTimes(within) {
    for (const element of within.querySelectorAll("time[datetime]")) {
      const moment = new Date(element.dateTime);
      if (!Number.isNaN(moment.getTime())) {
        const isToday = moment.toDateString() === new Date().toDateString();
        const text = (isToday ? today : full).format(moment);
        if (element.textContent !== text) {
          element.textContent = text;
        }
      }
    }
  }

  /* ---- Announcements: one at a time, the last one of those that come close together, and none twice. */

  let announced = "";
  let waiting = null;
  let lastAnnouncement = 0;

  function announce(text) {
    if (!text || text === (waiting ?? announced)) {
      return;
    }
    const scheduled = waiting !== null;
    waiting = text;
    if (!scheduled) {
      const wait = Math.max(0, lastAnnouncement + BETWEEN_ANNOUNCEMENTS - Date.now());
      setTimeout(() => {
        announced = waiting;
        waiting = null;
        lastAnnouncement = Date.now();
        document.getElementById("announce").textContent = announced;
      }, wait);
    }
  }

  /** A fragment that has something to say has data-announce. The first text of a page is not news. */
  function announceFrom(within, isNews) {
    const element = within.matches?.("[data-announce]") ? within : within.querySelector?.("[data-announce]");
    if (element && isNews) {
      announce(element.dataset.announce);
    } else if (element) {
      announced = element.dataset.announce;
    }
  }

  /* ---- Live lists: hx-trigger="beacon:tick from:body". */

  setInterval(() => visible() && send(document.body, "beacon:tick"), TICK);

  /* ---- Streams: an element with data-stream="URL" gets beacon:snapshot, beacon:cell and beacon:done, whose detail is what the
   *      service has sent, each at most once a second: the last of those that came. One connection, while the tab is seen. */

  const streams = new Map();

  class Stream {
    constructor(element) {
      this.element = element;
      this.url = element.dataset.stream;
      this.ended = false;
      this.last = {};
      this.pending = {};
    }

    open() {
      if (this.ended || this.source || !visible()) {
        return;
      }
      this.source = new EventSource(this.url);
      this.source.onopen = () => offline(false);
      this.source.onerror = () => {
        if (this.source?.readyState === EventSource.CLOSED) {
          this.close();
          this.retry = setTimeout(() => this.open(), STREAM_RETRY);
        }
      };
      for (const name of ["snapshot", "cell", "done"]) {
        this.source.addEventListener(name, (event) => this.hear(name, event.data));
      }
    }

    hear(name, data) {
      if (name === "done") {
        this.ended = true;
        this.close();
      }
      const wait = (this.last[name] ?? 0) + BETWEEN_EVENTS - Date.now();
      const scheduled = name in this.pending;
      this.pending[name] = data;
      if (!scheduled) {
        setTimeout(() => this.tell(name), Math.max(0, wait));
      }
    }

    tell(name) {
      const data = this.pending[name];
      delete this.pending[name];
      this.last[name] = Date.now();
      let detail = null;
      try {
        detail = JSON.parse(data);
      } catch {
        /* The page asks for its fragment all the same. */
      }
      send(this.element, "beacon:" + name, detail);
    }

    close() {
      clearTimeout(this.retry);
      this.source?.close();
      this.source = null;
    }
  }

  function findStreams() {
    for (const [element, stream] of streams) {
      if (!element.isConnected || element.dataset.stream !== stream.url) {
        stream.close();
        streams.delete(element);
      }
    }
    for (const element of document.querySelectorAll("[data-stream]")) {
      if (!streams.has(element)) {
        streams.set(element, new Stream(element));
      }
      streams.get(element).open();
    }
  }

  document.addEventListener("visibilitychange", () => {
    for (const stream of streams.values()) {
      visible() ? stream.open() : stream.close();
    }
    if (visible()) {
      send(document.body, "beacon:tick");
    }
  });
  addEventListener("pagehide", () => streams.forEach((stream) => stream.close()));
  addEventListener("pageshow", () => streams.forEach((stream) => stream.open()));

  /* ---- htmx: the token, the connection that is lost, and what is swapped in. */

  function offline(is) {
    const element = document.getElementById("offline");
    if (element && element.hidden === is) {
      element.hidden = !is;
    }
  }

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name=csrf-token]");
    if (token && event.detail.verb !== "get") {
      event.detail.headers[token.dataset.header] = token.content;
    }
  });
  document.addEventListener("htmx:sendError", () => offline(true));
  document.addEventListener("htmx:timeout", () => offline(true));
  document.addEventListener("htmx:responseError", (event) => offline(event.detail.xhr.status >= 500));
  document.addEventListener("htmx:afterOnLoad", (event) => event.detail.xhr.status < 400 && offline(false));
  document.addEventListener("htmx:afterSwap", (event) => {
    writeTimes(event.target);
    announceFrom(event.target, true);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    writeTimes(event.target);
    findStreams();
  });

  /* ---- Morphing: what the reader has opened stays open, and what is being typed stays as it is. */

  if (window.Idiomorph) {
    Idiomorph.defaults.ignoreActiveValue = true;
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
      !(name === "open" && element.tagName === "DETAILS");
  }

  /* ---- Copy buttons: data-copy="SELECTOR of what is copied". */

  async function copy(text) {
    if (navigator.clipboard && isSecureContext) {
      await navigator.clipboard.writeText(text);
      return;
    }
    const area = document.createElement("textarea");
    area.className = "visually-hidden";
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy"); // The only way where the page came by plain HTTP from another machine.
    area.remove();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    const source = button && document.querySelector(button.dataset.copy);
    if (source) {
      try {
        await copy(source.value ?? source.textContent);
        announced = "";
        announce("Copied");
        const before = button.textContent;
        button.textContent = "Copied";
        button.focus();
        setTimeout(() => (button.textContent = before), 1500);
      } catch {
        announce("Your browser does not allow copying; select the text instead.");
      }
    }
  });

  window.beacon = { announce };

  writeTimes(document);
  announceFrom(document.body, false);
  findStreams();
})();
